#!/usr/bin/env python3
"""Writes docs/bindings.md: what each C function is called in each language.

    table.py [--check] [--flat-java FLAT.java] [--flat-csharp FLAT.cs]

The functions are the headers'; a name of a binding is the method in whose body the flat function is
called, directly or by a private method. Nothing is written down twice. --check compares with the file
instead, and fails if it is stale, or if a function is missing in a flat layer that is given.
"""
import argparse
import pathlib
import re
import sys

BINDINGS = pathlib.Path(__file__).resolve().parent
ROOT = BINDINGS.parent
sys.path.insert(0, str(BINDINGS / 'swig'))

import c_headers  # noqa: E402

DOCUMENT = ROOT / 'docs' / 'bindings.md'
JAVA = BINDINGS / 'java/src/main/java/gemma4'
CSHARP = BINDINGS / 'csharp/Gemma4'
GO = BINDINGS / 'go'


def body_end(text, start):
    """The index after the brace that closes the one at `start`."""
    depth = 0
    for match in re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])+\'|//[^\n]*|/\*.*?\*/|[{}]',
                            re.S).finditer(text, start):
        if match.group() == '{':
            depth += 1
        elif match.group() == '}':
            depth -= 1
            if depth == 0:
                return match.end()
    raise ValueError(f'no end of the body that begins with {text[start:start + 60]!r}')


class Method:
    def __init__(self, type_name, name, public, body):
        self.type_name, self.name, self.public, self.body = type_name, name, public, body


def braced_methods(text, type_name):
    """Methods, constructors and properties of Java or C# source, one class a file."""
    found = []
    # A member begins a line, indented; what is before its body has no statement in it.
    member = re.compile(
        r'^(?P<indent> {2,8})(?P<access>(?:(?:public|private|protected|internal|static|final|'
        r'sealed|override|synchronized|async|@Override) )*)'
        r'(?:<[\w, ]+> )?[\w.<>\[\],? ]*?\b(?P<name>\w+)\s*(?:\((?P<args>[^{};=]*(?:= ?[\w.()]+[^{};=]*)*)\)[^{};]*)?\s*\{',
        re.M)
    for match in member.finditer(text):
        if match.group('name') in ('if', 'for', 'while', 'switch', 'catch', 'try', 'else', 'do',
                                   'finally', 'class', 'interface', 'get', 'set', 'using', 'return',
                                   'new', 'throw', 'foreach', 'lock', 'enum', 'struct'):
            continue
        line = text[match.start():match.end()]
        if re.search(r'\b(class|interface|enum|struct|namespace|return|new)\b', line):
            continue
        brace = match.end() - 1
        body = text[brace:body_end(text, brace)]
        found.append(Method(type_name, match.group('name'), 'public' in match.group('access'), body))
    return found


def go_methods(text):
    found = []
    for match in re.finditer(
            r'^func (?:\(\w+ \*?(?P<type>\w+)\) )?(?P<name>\w+)(?:\[[^\]]*\])?\(', text, re.M):
        # The body's brace is the first that ends a line, or that of a function on one line.
        brace = re.compile(r'\{(?=\n| [^\n]*\}$)', re.M).search(text, match.end()).start()
        found.append(Method(match.group('type') or '', match.group('name'),
                            match.group('name')[0].isupper(), text[brace:body_end(text, brace)]))
    return found


def names_of(function, methods, calls):
    """The public methods that call the flat function: in their own bodies, in those of a private
    overload, or through one private method that nothing else is named as."""
    public = {(m.type_name, m.name) for m in methods if m.public}
    names = []
    for method in methods:
        if not re.search(calls(function), method.body):
            continue
        if (method.type_name, method.name) in public:
            callers = [method]
        elif sum(m.name == method.name for m in methods) == 1:
            callers = [m for m in methods if m.public and m.type_name == method.type_name and
                       re.search(rf'(?<![\w])(?:\w+\.)?{method.name}\(', m.body)]
        else:
            callers = []
        for caller in callers:
            name = f'{caller.type_name}.{caller.name}' if caller.type_name else caller.name
            if name not in names:
                names.append(name)
    return names


HEADING = '''# What each C function is called

Made by `tools/bindings` from the headers and the sources of the bindings; `bindings_table_test` fails when
it is stale. Every function is in each language's flat layer under its own name: `gemma4.flat.Flat` in Java,
`Gemma4.Flat` in C#, package `gemma4/flat` in Go, with a capital first letter. The columns name the methods
that people use. *inside*: the binding calls it where the language has a way of its own, as for closing
and cancelling. *flat*: only the flat layer has it; what fills structs has no other use, since option
objects do that.
'''


def sources(folder, pattern):
    return sorted(p for p in folder.glob(pattern)
                  if not p.name.endswith('_test.go') and 'obj' not in p.parts)


def table(api):
    languages = []
    for folder, pattern, methods, calls in [
            (JAVA, '*.java', braced_methods, lambda f: rf'\bFlat\.{f}\b'),
            (CSHARP, '*.cs', braced_methods, lambda f: rf'\bFlat\.{f}\b'),
            (GO, '*.go', lambda text, _: go_methods(text), lambda f: rf'\bflat\.G{f[1:]}\b')]:
        texts = {p.stem: p.read_text() for p in sources(folder, pattern)}
        languages.append(([m for name, text in texts.items() for m in methods(text, name)], calls,
                          '\n'.join(texts.values())))
    lines = [HEADING]
    header = None
    for function in api.functions:
        if function.header != header:
            header = function.header
            lines += [f'\n## {header}\n', '| C | Java | C# | Go |', '|---|---|---|---|']
        cells = []
        for methods, calls, text in languages:
            is_called = re.search(calls(function.name), text)
            # What binds an object's life or a call's cancelling to the language is no method.
            is_inside = function.name.endswith('_free') or function.header == 'cancel.h'
            names = [] if is_inside else names_of(function.name, methods, calls)
            cells.append(', '.join(f'`{n}`' for n in names) if names else
                         '*inside*' if is_called else '*flat*')
        lines.append(f'| `{function.name}` | {" | ".join(cells)} |')
    return '\n'.join(lines) + '\n'


def check_flat(api, path, pattern):
    text = pathlib.Path(path).read_text()
    missing = [f.name for f in api.functions if not re.search(pattern(f.name), text)]
    if missing:
        sys.exit(f'{path} lacks {", ".join(missing)}')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--flat-java', default='')
    parser.add_argument('--flat-csharp', default='')
    arguments = parser.parse_args()
    api = c_headers.read_headers(ROOT / 'include')
    text = table(api)
    if not arguments.check:
        DOCUMENT.write_text(text)
        return
    check_flat(api, GO / 'flat' / 'flat.go', lambda f: rf'(?m)^func G{f[1:]}\(')
    if arguments.flat_java:
        check_flat(api, arguments.flat_java, lambda f: rf'public static [\w\[\]]+ {f}\(')
    if arguments.flat_csharp:
        check_flat(api, arguments.flat_csharp, lambda f: rf'public static [\w.:\[\]]+ {f}\(')
    if not DOCUMENT.exists() or DOCUMENT.read_text() != text:
        sys.exit('docs/bindings.md is stale: run tools/bindings')


if __name__ == '__main__':
    main()
