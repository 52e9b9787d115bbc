#!/usr/bin/env python3
"""pom.xml makes the same jars as CMake.

    maven_test.py MVN REPOSITORY BUILD_FOLDER JAR NATIVE_JAR
"""
import pathlib
import subprocess
import sys
import tempfile
import zipfile


def contents(jar):
    with zipfile.ZipFile(jar) as archive:
        return {i.filename: i.CRC for i in archive.infolist()
                if not i.is_dir() and not i.filename.startswith('META-INF/')
                and not i.filename.endswith('/package-info.class')}  # Maven always makes one


def main():
    mvn, repository, build, *jars = sys.argv[1:]
    pom = pathlib.Path(__file__).parent / 'pom.xml'
    with tempfile.TemporaryDirectory() as target:
        subprocess.run([mvn, '-q', '-o', '-f', pom, f'-Dmaven.repo.local={repository}',
                        f'-Dgemma4.build={build}', f'-Dgemma4.target={target}', 'package'],
                       check=True)
        for expected in map(pathlib.Path, jars):
            made = pathlib.Path(target) / expected.name
            assert made.exists(), f'Maven made no {made.name}: another version or platform?'
            # Compilers may differ; names and libraries may not.
            names = contents(made)
            assert names.keys() == contents(expected).keys(), (expected.name, sorted(names))
            libraries = {n: c for n, c in names.items() if '.so' in n}
            assert libraries == {n: c for n, c in contents(expected).items() if '.so' in n}
        with zipfile.ZipFile(pathlib.Path(target) / pathlib.Path(jars[0]).name) as jar:
            manifest = jar.read('META-INF/MANIFEST.MF').decode()
            assert 'Automatic-Module-Name: gemma4' in manifest, manifest


if __name__ == '__main__':
    main()
