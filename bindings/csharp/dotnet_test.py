#!/usr/bin/env python3
"""Makes the NuGet packages and runs the tests and the example against them, as a user would.

    dotnet_test.py DOTNET CSHARP_BUILD_FOLDER VERSION

What is downloaded stays in NuGet's own cache. Exits with 77 when something is neither there nor in
a registry that answers.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

SOURCE = pathlib.Path(__file__).parent
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
    for name in ['lib/netstandard2.0/Gemma4.dll', 'lib/netstandard2.0/Gemma4.xml',
                 'lib/net8.0/Gemma4.dll', 'runtimes/linux-x64/native/libgemma4.so.0',
                 'runtimes/linux-x64/native/libgemma4_csharp.so', 'README.md', 'LICENSE']:
        assert name in names, (name, names)


def main():
    dotnet, build = sys.argv[1], pathlib.Path(sys.argv[2])
    version = sys.argv[3]
    properties = (SOURCE / 'Directory.Build.props').read_text()
    assert f'<Version>{version}</Version>' in properties, f'{version} is not the version of the packages'
    packages = build / 'nuget'
    shutil.rmtree(packages, ignore_errors=True)
    options = [f'-p:Gemma4Build={build.parent.parent}', f'-p:Version={version}', '-c', 'Release',
               '-v', 'quiet', '--nologo',
               '-p:UseSharedCompilation=false', '-nodeReuse:false']  # no process stays behind
    for project in ['Gemma4', 'Gemma4.Extensions.AI']:
        run(dotnet, 'pack', SOURCE / project / f'{project}.csproj', *options)
    check_packages(packages, version)

    # Ours are unpacked beside the build: a cache would go on with yesterday's.
    cache = re.search(r'global-packages: (.*)',
                      run(dotnet, 'nuget', 'locals', 'global-packages', '--list')).group(1).strip()
    unpacked = build / 'packages'
    shutil.rmtree(unpacked, ignore_errors=True)
    options += [f'-p:RestorePackagesPath={unpacked}', f'-p:RestoreFallbackFolders={cache}']
    test = SOURCE / 'tests' / 'dotnet' / 'BindingTest.csproj'
    example = SOURCE.parent.parent / 'examples' / 'csharp' / 'Chat.csproj'
    run(dotnet, 'build', test, *options)
    run(dotnet, 'build', example, *options,  # a user's project, which knows nothing of ours
        f'-p:RestoreAdditionalProjectSources={packages}', '-p:NuGetAudit=false',
        f'-p:BaseIntermediateOutputPath={build}/obj/Chat/', f'-p:BaseOutputPath={build}/bin/Chat/')
    output = build / 'bin' / 'BindingTest' / 'Release' / 'net8.0' / 'BindingTest.dll'
    status = subprocess.run([dotnet, output]).returncode
    assert status == 0, f'the tests ended with {status}'
    print('the example, from the package')
    demo_model = SOURCE.parent.parent / 'tools' / 'demo_model'
    output = build / 'bin' / 'Chat' / 'Release' / 'net8.0' / 'Chat.dll'
    answer = run(dotnet, output, demo_model, 'What is the capital of France?')
    assert answer.strip() == 'The capital of France is Paris.', answer


if __name__ == '__main__':
    main()
