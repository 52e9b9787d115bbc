"""Reads the public headers: what functions, structs, handles, callbacks and constants they declare.

The headers are C99 formatted by clang-format and keep a few conventions (CONTRIBUTING.md), so a
hundred lines suffice. What does not look like them is an error, not a guess.
"""
import dataclasses
import pathlib
import re


@dataclasses.dataclass(frozen=True)
class Parameter:
    type: str  # "const gemma4_load_params*"
    name: str


@dataclasses.dataclass(frozen=True)
class Function:
    name: str
    result: str
    parameters: tuple
    header: str  # "session.h"
    brief: str  # first sentence of its comment, without the thread rule


@dataclasses.dataclass(frozen=True)
class Struct:
    name: str
    fields: tuple  # of Parameter

    def has(self, field):
        return any(f.name == field for f in self.fields)


@dataclasses.dataclass
class Api:
    functions: list
    structs: dict  # name to Struct
    handles: list  # opaque struct names
    callbacks: list  # names of function pointer types
    scalars: dict  # typedef name to the type it stands for
    constants: dict  # name to number
    init_macros: set  # names of GEMMA4_..._INIT
    headers: list  # "cancel.h", in the order of their inclusion


def _normal_type(text):
    text = re.sub(r'\s+', ' ', text).strip()
    return re.sub(r'\s*\*\s*', '*', text).replace('*const', '* const')


def _parameters(text, where):
    text = text.strip()
    if text in ('', 'void'):
        return ()
    found = []
    for part in text.split(','):
        match = re.fullmatch(r'\s*(.+?)\s*(\w+)\s*(\[\w*\])?\s*', part, re.S)
        if not match or match.group(3):
            raise ValueError(f'{where}: cannot read the parameter "{part.strip()}"')
        found.append(Parameter(_normal_type(match.group(1)), match.group(2)))
    return tuple(found)


def _fields(body, where):
    found = []
    for statement in body.split(';'):
        if not statement.strip():
            continue
        names = statement.split(',')
        first = _parameters(names[0], where)[0]
        found.append(first)
        found += [Parameter(first.type, name.strip()) for name in names[1:]]
    return tuple(found)


def _strip(text):
    """Without comments, preprocessor lines and the linkage of C++."""
    text = re.sub(r'/\*.*?\*/', ' ', text, flags=re.S)
    text = re.sub(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$', '', text, flags=re.M)
    return re.sub(r'extern "C" \{', '', text)


def _brief(comment):
    lines = [re.sub(r'^\s*/?\*+/?', '', line).strip() for line in comment.splitlines()]
    text = ' '.join(lines).replace('*/', '').strip()
    text = re.sub(r'^\[\w+\]\s*', '', text)
    text = text.split(' @')[0]
    return re.split(r'(?<=[.:])\s', text)[0].strip()


def read_headers(include_dir):
    """The whole of include_dir/gemma4/, from what gemma4.h includes."""
    folder = pathlib.Path(include_dir) / 'gemma4'
    order = []

    def visit(name):
        text = (folder / name).read_text()
        for inner in re.findall(r'#include <gemma4/(\w+\.h)>', text):
            if inner not in order:
                visit(inner)
        if name not in order:
            order.append(name)

    visit('gemma4.h')
    for extra in sorted(p.name for p in folder.glob('*.h')):
        if extra not in order:
            visit(extra)
    order.remove('gemma4.h')
    order.remove('export.h')

    api = Api([], {}, [], [], {}, {}, set(), order)
    for name in order:
        raw = (folder / name).read_text()
        api.init_macros |= set(re.findall(r'#define (GEMMA4_\w+_INIT)\b', raw))
        briefs = {}
        for comment, declaration in re.findall(
                r'/\*\*(.*?)\*/\s*GEMMA4_API\s+([^;]*);', raw, re.S):
            function = re.search(r'(gemma4_\w+)\s*\(', declaration)
            # A comment binds to the declaration right after it: take the last one.
            briefs[function.group(1)] = _brief(comment.split('/**')[-1])
        text = _strip(raw)

        num_declared = len(re.findall(r'\bGEMMA4_API\b', text))
        found = re.findall(r'GEMMA4_API\s+([^;()]+?)\b(gemma4_\w+)\s*\(([^()]*)\)\s*;', text)
        if len(found) != num_declared:
            raise ValueError(f'{name}: {num_declared} functions, of which {len(found)} can be read')
        for result, function, parameters in found:
            api.functions.append(Function(
                function, _normal_type(result), _parameters(parameters, function), name,
                briefs.get(function, '')))
        for tag, body, alias in re.findall(r'typedef struct (\w+) \{(.*?)\}\s*(\w+)\s*;', text, re.S):
            api.structs[alias] = Struct(alias, _fields(body, alias))
        api.handles += [alias for _, alias in re.findall(r'typedef struct (\w+) (\w+)\s*;', text)]
        api.callbacks += re.findall(r'typedef \w+ \(\*(\w+)\)\([^()]*\)\s*;', text)
        for base, alias in re.findall(r'typedef ((?:u?int\d+_t|size_t|float|double)) (\w+)\s*;', text):
            api.scalars[alias] = base
        for body in re.findall(r'\benum(?: \w+)? \{(.*?)\}', text, re.S):
            api.constants.update((constant, int(value, 0)) for constant, value in
                                 re.findall(r'\b(GEMMA4_\w+) = (-?\w+)', body))
            if len(re.findall(r'\bGEMMA4_\w+', body)) != len(re.findall(r'=', body)):
                raise ValueError(f'{name}: a constant of "enum {{{body}}}" has no number')
        api.constants.update((constant, int(value)) for constant, value in
                             re.findall(r'#define (GEMMA4_\w+) (\d+)$', raw, re.M))
    return api
