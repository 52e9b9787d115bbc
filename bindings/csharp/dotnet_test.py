#!/usr/bin/env python3
"""Makes the NuGet packages and runs the tests and the example against them, as a user would.

    dotnet_test.py dotnet DOTNET CSHARP_BUILD_FOLDER VERSION
    dotnet_test.py cost DOTNET CSHARP_BUILD_FOLDER VERSION INSTANT_STEPS
    dotnet_test.py mono DOTNET CSHARP_BUILD_FOLDER VERSION MONO

The last two go on from what the first has made: what the binding costs, with the library that
../tests/instant_steps.c became; and the same tests under Mono, on the packages' netstandard2.0 halves.

What is downloaded stays in NuGet's own cache. Exits with 77 when something is neither there nor in
a registry that answers, or when MONO is not installed.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

SOURCE = pathlib.Path(__file__).parent
TEST = SOURCE / 'tests' / 'dotnet' / 'BindingTest.csproj'
# NuGet's codes for a source that cannot be reached and a package that is not found.
UNREACHABLE = re.compile(r'NU1301|NU1101|NU1102|Unable to load the service index')


def run(*command):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0 and UNREACHABLE.search(done.stdout):
        print(done.stdout)
        print('skipped: packages are missing, and no NuGet registry answers')
        sys.exit(77)
    if done.returncode != 0:
        sys.exit(f'{" ".join(map(str, command))}\n{done.stdout}')
    return done.stdout


def check_packages(folder, version):
    with zipfile.ZipFile(folder / f'Gemma4.{version}.nupkg') as package:
        names = package.namelist()
        library = package.read('lib/netstandard2.0/Gemma4.dll')
    for name in ['lib/netstandard2.0/Gemma4.dll', 'lib/netstandard2.0/Gemma4.xml',
                 'lib/net8.0/Gemma4.dll', 'runtimes/linux-x64/native/libgemma4.so.0',
                 'runtimes/linux-x64/native/libgemma4_csharp.so', 'README.md', 'LICENSE']:
        assert name in names, (name, names)
    # Code made at run time is what IL2CPP cannot have. The namespaces stand in the metadata.
    for namespace in [b'System.Reflection.Emit', b'System.Linq.Expressions']:
        assert namespace not in library, namespace
    assert b'System.Threading.Tasks' in library


def pack(dotnet, packages, options):
    shutil.rmtree(packages, ignore_errors=True)
    for project in ['Gemma4', 'Gemma4.Extensions.AI']:
        run(dotnet, 'pack', SOURCE / project / f'{project}.csproj', *options)


def test_program(dotnet, *arguments, **options):
    output = BUILD / 'bin' / 'BindingTest' / 'Release' / 'net8.0' / 'BindingTest.dll'
    status = subprocess.run([dotnet, output, *arguments], **options).returncode
    assert status == 0, f'the tests ended with {status}'


def test_on_dotnet(dotnet, packages, options):
    run(dotnet, 'build', TEST, *options)
    example = SOURCE.parent.parent / 'examples' / 'csharp' / 'Chat.csproj'
    run(dotnet, 'build', example, *options,  # a user's project, which knows nothing of ours
        f'-p:RestoreAdditionalProjectSources={packages}', '-p:NuGetAudit=false',
        f'-p:BaseIntermediateOutputPath={BUILD}/obj/Chat/', f'-p:BaseOutputPath={BUILD}/bin/Chat/')
    test_program(dotnet)
    print('the example, from the package')
    demo_model = SOURCE.parent.parent / 'tools' / 'demo_model'
    output = BUILD / 'bin' / 'Chat' / 'Release' / 'net8.0' / 'Chat.dll'
    answer = run(dotnet, output, demo_model, 'What is the capital of France?')
    assert answer.strip() == 'The capital of France is Paris.', answer


def test_on_mono(dotnet, packages, options, mono):
    """The SDK puts beside the program all that it needs of the packages, and what Debian's Mono has
    in a package of its own: netstandard.dll, which says where the types of .NET Standard are."""
    run(dotnet, 'build', TEST, *options, '-p:TestFramework=net462')
    output = BUILD / 'bin' / 'BindingTest' / 'Release' / 'net462' / 'linux-x64'
    for name in ['Gemma4', 'Gemma4.Extensions.AI']:
        with zipfile.ZipFile(next(packages.glob(f'{name}.[0-9]*.nupkg'))) as package:
            assert (output / f'{name}.dll').read_bytes() == package.read(
                f'lib/netstandard2.0/{name}.dll'), f'{name}.dll is not the one of netstandard2.0'
    # No path is set: Mono finds the libraries beside the program.
    status = subprocess.run([mono, '--debug', output / 'BindingTest.exe']).returncode
    assert status == 0, f'the tests ended with {status}'


def main():
    properties = (SOURCE / 'Directory.Build.props').read_text()
    assert f'<Version>{VERSION}</Version>' in properties, f'{VERSION} is not the version of the packages'
    if WHAT == 'mono' and not shutil.which(REST[0]):
        print('skipped: mono is not installed (Debian: mono-runtime)')
        sys.exit(77)
    packages = BUILD / 'nuget'
    options = [f'-p:Gemma4Build={BUILD.parent.parent}', f'-p:Version={VERSION}', '-c', 'Release',
               '-v', 'quiet', '--nologo',
               '-p:UseSharedCompilation=false', '-nodeReuse:false']  # no process stays behind
    if WHAT == 'dotnet':
        pack(DOTNET, packages, options)
    elif not packages.is_dir():
        print('skipped: no packages were made')
        sys.exit(77)
    check_packages(packages, VERSION)
    if WHAT == 'cost':
        return test_program(DOTNET, 'cost', env=dict(os.environ, LD_PRELOAD=REST[0]))

    # Ours are unpacked beside the build: a cache would go on with yesterday's.
    cache = re.search(r'global-packages: (.*)',
                      run(DOTNET, 'nuget', 'locals', 'global-packages', '--list')).group(1).strip()
    unpacked = BUILD / 'packages'
    shutil.rmtree(unpacked, ignore_errors=True)
    options += [f'-p:RestorePackagesPath={unpacked}', f'-p:RestoreFallbackFolders={cache}']
    {'dotnet': test_on_dotnet, 'mono': test_on_mono}[WHAT](DOTNET, packages, options, *REST)


if __name__ == '__main__':
    WHAT, DOTNET, BUILD, VERSION, *REST = sys.argv[1:]
    BUILD = pathlib.Path(BUILD)
    main()
