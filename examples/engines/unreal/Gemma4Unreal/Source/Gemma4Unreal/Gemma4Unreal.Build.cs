using System.IO;
using UnrealBuildTool;

// Not "Gemma4": the module's export macro would be GEMMA4_API, which is the library's own.
public class Gemma4Unreal : ModuleRules
{
	public Gemma4Unreal(ReadOnlyTargetRules Target) : base(Target)
	{
		PCHUsage = PCHUsageMode.UseExplicitOrSharedPCHs;
		CppStandard = CppStandardVersion.Cpp20;
		PublicDependencyModuleNames.AddRange(new[] { "Core", "CoreUObject", "Engine" });

		// An installed libgemma4: `cmake --install build/release --prefix Source/ThirdParty/gemma4`. The
		// shared library, as the archive would bring a C++ runtime that is not the engine's.
		string Folder = Path.Combine(ModuleDirectory, "..", "ThirdParty", "gemma4");
		PrivateIncludePaths.Add(Path.Combine(Folder, "include"));
		string Library = Path.Combine(Folder, "lib", "libgemma4.so.0");
		PublicAdditionalLibraries.Add(Library);
		RuntimeDependencies.Add("$(BinaryOutputDir)/libgemma4.so.0", Library);
		PublicRuntimeLibraryPaths.Add(Path.GetDirectoryName(Library));
	}
}
