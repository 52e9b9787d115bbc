#!/usr/bin/env python3
"""Writes the manual page and the shells' completions of the gemma4 command from its own --help.

    describe_command.py GEMMA4 PAGE_TEMPLATE OUT_FOLDER

OUT_FOLDER receives gemma4.1 (PAGE_TEMPLATE with its @COMMANDS@ filled in), gemma4 (bash) and _gemma4
(zsh). The build runs it, so none of the three can go stale.
"""

import os
import re
import subprocess
import sys


class Option:
    """One line of a --help: names ("-p", "--prompt"), the type of its value ("" for a flag), text."""

    def __init__(self, names, value, text):
        self.names, self.value, self.text = names, value, text

    def choices(self):
        """["auto", "int8"] of "How it computes: auto, int8 [auto]"; [] where there are none."""
        found = re.search(r": ((?:[a-z0-9-]+, )+[a-z0-9-]+)(?: \[|$)", self.text)
        return found[1].split(", ") if found else []

    def takes_file(self):
        return self.value == "TEXT" and not self.choices()


class Command:
    """What `gemma4 NAME --help` says. `model` tells that a checkpoint is among its positionals."""

    def __init__(self, name, text, help_text):
        self.name, self.text = name, text
        self.usage = re.search(r"^Usage: (.*)$", help_text, re.MULTILINE)[1]
        self.positionals = [Option([names.split()[0]], "", description)
                            for names, description in entries(section(help_text, "Positionals"))]
        self.options = [parse_option(*entry) for entry in entries(section(help_text, "Options"))]


def section(help_text, title):
    found = re.search(rf"^{title}:\n((?:  .*\n)*)", help_text, re.MULTILINE)
    return found[1] if found else ""


def entries(lines):
    """Pairs of what stands left and right; a left side that is too long has its text below it."""
    found = []
    for line in lines.splitlines():
        if line.startswith("   ") and found:
            found[-1][1] = (found[-1][1] + " " + line.strip()).strip()
            continue
        # Two spaces part the sides, except where the left one is as wide as its column.
        left, _, right = line[2:].partition("  ")
        if not right and len(line) > 30 and line[29] == " ":
            left, right = line[2:29], line[30:]
        found.append([left.strip(), right.strip()])
    return found


def parse_option(left, right):
    left = re.sub(r" (?:Excludes|Needs|REQUIRED).*", "", left)
    names, _, value = left.partition(" ")
    return Option(names.split(","), value.split()[0] if value else "", right)


def run(program, *arguments):
    return subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout


def read_commands(program):
    overview = run(program, "--help")
    commands = [Command(name, text, run(program, name, "--help"))
                for name, text in entries(section(overview, "Subcommands"))]
    if not commands or not all(command.options for command in commands):
        sys.exit("describe_command: cannot read what gemma4 --help says")
    top = [parse_option(*entry) for entry in entries(section(overview, "Options"))]
    return commands, top


# ---- The manual page (mdoc) ---------------------------------------------------------------------


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def page_item(option, out):
    flags = " , ".join("Fl " + roff(name[1:]) for name in option.names)
    out.append(f".It {flags}" + (f" Ar {option.value.lower()}" if option.value else ""))
    out.append(roff(option.text) or "\\&")


def page_commands(commands):
    out = []
    for command in commands:
        arguments = command.usage.split(command.name, 1)[1].replace("[OPTIONS]", "").split()
        out.append(f".Ss gemma4 {command.name}" + "".join(f" {a}" for a in arguments))
        out.append(roff(command.text) + ".")
        out.append(".Bl -tag -width Ds")
        for option in command.options:
            page_item(option, out)
        out.append(".El")
    return "\n".join(out)


# ---- bash ---------------------------------------------------------------------------------------


def bash(commands, top):
    out = ["# bash completion for gemma4. Made from its --help.",
           "_gemma4() {",
           "  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}",
           "  local command='' i",
           "  for ((i = 1; i < COMP_CWORD; ++i)); do",
           "    if [[ ${COMP_WORDS[i]} != -* ]]; then command=${COMP_WORDS[i]}; break; fi",
           "  done",
           "  COMPREPLY=()",
           "  local IFS=$' \\t\\n'",
           "  case $command in"]
    for command in commands:
        out.append(f"    {command.name})")
        out.append("      case $previous in")
        for option in command.options:
            names = "|".join(option.names)
            if option.choices():
                words = " ".join(option.choices())
                out.append(f"        {names}) COMPREPLY=($(compgen -W '{words}' -- \"$word\")); return ;;")
            elif option.takes_file():
                out.append(f"        {names}) compopt -o default 2>/dev/null; return ;;")
            elif option.value:
                out.append(f"        {names}) return ;;")
        out.append("      esac")
        words = " ".join(name for option in command.options for name in option.names)
        out.append("      if [[ $word == -* ]]; then")
        out.append(f"        COMPREPLY=($(compgen -W '{words}' -- \"$word\"))")
        out.append("      else")
        out.append("        compopt -o default 2>/dev/null")
        out.append("      fi")
        out.append("      ;;")
    names = [command.name for command in commands] + [n for option in top for n in option.names]
    out.append(f"    '') COMPREPLY=($(compgen -W '{' '.join(names)}' -- \"$word\")) ;;")
    out += ["  esac", "}", "complete -F _gemma4 gemma4"]
    return "\n".join(out) + "\n"


# ---- zsh ----------------------------------------------------------------------------------------


def zsh_text(text):
    return re.sub(r"([\[\]:\\])", r"\\\1", text).replace("'", "'\\''")


def zsh(commands, top):
    out = ["#compdef gemma4", "# zsh completion for gemma4. Made from its --help.", "",
           "_gemma4() {", "  local state line", "  local -a commands=("]
    out += [f"    '{command.name}:{zsh_text(command.text)}'" for command in commands]
    out += ["  )", "  _arguments -C \\"]
    out += [f"    '{name}[{zsh_text(option.text)}]' \\" for option in top for name in option.names]
    out += ["    '1:command:->command' '*::argument:->arguments'",
            "  case $state in",
            "    command) _describe command commands ;;",
            "    arguments)",
            "      case $line[1] in"]
    for command in commands:
        out.append(f"        {command.name})")
        out.append("          _arguments \\")
        for option in command.options:
            group = " ".join(option.names)
            action = ""
            if option.choices():
                action = f":value:({' '.join(option.choices())})"
            elif option.takes_file():
                action = ":value:_files"
            elif option.value:
                action = ":value: "
            for name in option.names:
                out.append(f"            '({group}){name}[{zsh_text(option.text)}]{action}' \\")
        out.append("            '*:file:_files'")
        out.append("          ;;")
    out += ["      esac", "      ;;", "  esac", "}", "", '_gemma4 "$@"']
    return "\n".join(out) + "\n"


def main():
    program, template, folder = sys.argv[1:]
    commands, top = read_commands(program)
    with open(template, encoding="utf-8") as file:
        page = file.read().replace("@COMMANDS@", page_commands(commands))
    os.makedirs(folder, exist_ok=True)
    for name, content in (("gemma4.1", page), ("gemma4", bash(commands, top)),
                          ("_gemma4", zsh(commands, top))):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(content)


if __name__ == "__main__":
    main()
