#!/usr/bin/env python3
"""Writes gemma4_api.i, the part of the SWIG interface that follows from the public headers alone.

    make_interface.py INCLUDE_DIR OUTPUT

What it derives, by the conventions of the headers:

- `const char* text` with a `size_t text_size` after it are bytes, any other `const char*` is text
  that ends with a NUL. A name must mean the same in every function.
- A struct becomes functions on its address: ..._alloc(count) fills the defaults, ..._free(array,
  count), ..._at(array, index), and ..._get_FIELD / ..._set_FIELD.
- A struct that some function, or another input, takes by pointer to const is an input: its texts and its arrays of
  numbers (`const T* ids` with `size_t num_ids`) are copied when set, and freed with the struct; so
  are arrays of texts, which are given as one text after the other, each with its NUL.
  Every other pointer in a struct is an address, kept alive by whoever set it. Other structs are
  only read.
"""
import pathlib
import re
import sys

from c_headers import read_headers

NUMBERS = {'int', 'float', 'double', 'size_t', 'int8_t', 'uint8_t', 'int16_t', 'uint16_t',
           'int32_t', 'uint32_t', 'int64_t', 'uint64_t'}
TEXT = 'const char*'
STATUS = 'gemma4_status'


def pointee(type_name):
    """("const T*") -> "T", for a pointer to something that is no pointer; else None."""
    match = re.fullmatch(r'(?:const )?(\w+)\*', type_name)
    return match.group(1) if match else None


class Interface:
    def __init__(self, api):
        self.api = api
        self.lines = []
        self.inputs = {pointee(p.type) for f in api.functions for p in f.parameters
                       if p.type.startswith('const ') and pointee(p.type) in api.structs}
        for struct in reversed(api.structs.values()):  # an outer one is declared after its inner
            if struct.name in self.inputs:
                self.inputs |= {pointee(f.type) for f in struct.fields
                                if pointee(f.type) in api.structs}

    def is_number(self, type_name):
        return type_name in NUMBERS or type_name in self.api.scalars

    def check(self):
        """Refuses types for which no typemap is known: better here than as a wrong binding."""
        for function in self.api.functions:
            for p in function.parameters:
                base = re.sub(r'\bconst\b|\*', '', p.type).strip()
                known = (self.is_number(base) or base in self.api.structs or
                         base in self.api.handles or base in self.api.callbacks or
                         base in ('char', 'void'))
                if not known:
                    raise ValueError(f'{function.name}: no convention for "{p.type} {p.name}"')

    def text_names(self):
        """Which `const char*` parameters are bytes with a size, which end with a NUL."""
        sized, ended = {}, {}
        for function in self.api.functions:
            for i, p in enumerate(function.parameters):
                if p.type != TEXT:
                    continue
                following = function.parameters[i + 1:i + 2]
                is_sized = bool(following) and following[0].name == p.name + '_size'
                (sized if is_sized else ended)[p.name] = function.name
        both = set(sized) & set(ended)
        for name in both:
            raise ValueError(f'"const char* {name}" has a size in {sized[name]}() and none in '
                             f'{ended[name]}(): one name, one meaning')
        return sorted(sized)

    def write(self):
        self.check()
        add = self.lines.append
        add('/* Made by make_interface.py from the public headers. */')
        for name in self.text_names():
            add(f'%apply const char *BYTES {{ const char *{name} }}')
        for name in self.api.callbacks:
            add(f'%apply gemma4_address {{ {name} }}')
        for function in self.api.functions:
            # Memory that C owns comes as an address; only text is copied.
            if function.result.endswith('*'):
                kind = 'gemma4_text' if function.result == TEXT else 'gemma4_address'
                add(f'%apply {kind} {{ {function.result} {function.name} }}')
            for p in function.parameters:
                # A status that is given is a number; one that is returned, an outcome.
                if p.type == STATUS:
                    add(f'%apply int32_t {{ {STATUS} {p.name} }}')
        for struct in self.api.structs.values():
            add(f'%ignore {struct.name};')
        # SWIG would make them variables of Go, with a call of C for each.
        add('#if defined(SWIGGO)')
        add('\n'.join(f'%ignore {name};' for name in self.api.constants))
        add('%insert(go_wrapper) %{')
        add('// The constants of the headers.')
        add('const (')
        add('\n'.join(f'\t{name} = {value}' for name, value in self.api.constants.items()))
        add(')')
        add('%}')
        add('#endif')
        add('')
        for header in self.api.headers:
            add(f'%include <gemma4/{header}>')
        add('')
        add('%inline %{')
        for struct in self.api.structs.values():
            self.write_struct(struct)
        add('%}')
        return '\n'.join(self.lines) + '\n'

    def field_kind(self, struct, field):
        if self.is_number(field.type):
            return 'number'
        if field.type == TEXT:
            return 'address' if struct.has(field.name + '_size') else 'text'
        if field.type == 'const char* const*' and struct.has('num_' + field.name):
            return 'texts'
        base = pointee(field.type)
        if field.type.startswith('const ') and self.is_number(base) and \
                struct.has('num_' + field.name):
            return 'array'
        return 'address'

    def write_struct(self, struct):
        name = struct.name
        is_input = name in self.inputs
        init = name.upper() + '_INIT'
        add = self.lines.append

        add(f'static {name} *{name}_alloc(size_t count) {{')
        add(f'  {name} *array = ({name} *)calloc(count ? count : 1, sizeof({name}));')
        if init in self.api.init_macros:
            add(f'  static const {name} defaults = {init};')
            add('  size_t i;')
            add('  for (i = 0; array != NULL && i < count; ++i) array[i] = defaults;')
        elif struct.has('struct_size'):
            raise ValueError(f'{name} has a struct_size and the headers define no {init}')
        add('  return array;')
        add('}')

        owned = [f for f in struct.fields
                 if is_input and self.field_kind(struct, f) in ('text', 'array', 'texts')]
        add(f'static void {name}_free({name} *array, size_t count) {{')
        if owned:
            add('  size_t i;')
            add('  for (i = 0; array != NULL && i < count; ++i) {')
            for field in owned:
                add(f'    free((void *)array[i].{field.name});')
            add('  }')
        else:
            add('  (void)count;')
        add('  free(array);')
        add('}')
        add(f'static {name} *{name}_at({name} *array, size_t index) {{ return array + index; }}')

        for field in struct.fields:
            if field.name == 'struct_size':
                continue
            kind = self.field_kind(struct, field)
            get = f'{name}_get_{field.name}(const {name} *self)'
            if kind == 'number':
                # A status in a struct is a number, not an outcome.
                plain = self.api.scalars.get(field.type, field.type)
                add(f'static {plain} {get} {{ return self->{field.name}; }}')
                array = re.sub('^num_', '', field.name)
                counts_array = any(f.name == array and
                                   self.field_kind(struct, f) in ('array', 'texts')
                                   for f in struct.fields)
                if is_input and not counts_array:  # an array's setter sets both
                    add(f'static void {name}_set_{field.name}({name} *self, {plain} value) '
                        f'{{ self->{field.name} = value; }}')
            elif kind == 'text':
                add(f'static gemma4_text {get} {{ return self->{field.name}; }}')
                if is_input:
                    add(f'static void {name}_set_{field.name}({name} *self, const char *value) {{')
                    add(f'  free((void *)self->{field.name});')
                    add(f'  self->{field.name} = gemma4_copy_text(value);')
                    add('}')
            else:
                add(f'static gemma4_address {get} {{ return (gemma4_address)self->{field.name}; }}')
                if kind == 'array' and is_input:
                    base = pointee(field.type)
                    base = self.api.scalars.get(base, base)
                    add(f'static void {name}_set_{field.name}({name} *self, const {base} *value, '
                        f'size_t count) {{')
                    add(f'  free((void *)self->{field.name});')
                    add(f'  self->{field.name} = (const {base} *)gemma4_copy_memory(value, '
                        f'count * sizeof({base}));')
                    add(f'  self->num_{field.name} = count;')
                    add('}')
                elif kind == 'texts' and is_input:
                    add(f'static void {name}_set_{field.name}({name} *self, const uint8_t *texts, '
                        f'size_t size_bytes, size_t count) {{')
                    add(f'  free((void *)self->{field.name});')
                    add(f'  self->{field.name} = gemma4_copy_texts(texts, size_bytes, count);')
                    add(f'  self->num_{field.name} = count;')
                    add('}')
                elif is_input:
                    add(f'static void {name}_set_{field.name}({name} *self, gemma4_address value) '
                        f'{{ self->{field.name} = ({field.type})value; }}')


def main():
    include_dir, output = sys.argv[1:]
    text = Interface(read_headers(include_dir)).write()
    path = pathlib.Path(output)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


if __name__ == '__main__':
    main()
