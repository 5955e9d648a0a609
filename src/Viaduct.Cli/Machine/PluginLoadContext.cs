using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.Loader;

namespace Viaduct.Cli.Machine;

/// <summary>Where a plug-in's own libraries come from: from beside it. Viaduct's are those of this process, so that both mean the same
/// types.</summary>
/// <param name="path">The plug-in's file.</param>
[RequiresUnreferencedCode("Loads a library that was not there when this program was made.")]
internal sealed class PluginLoadContext(string path) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(path))
{
    private readonly AssemblyDependencyResolver _resolver = new(path);

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (Default.Assemblies.Any(known => known.GetName().Name == assemblyName.Name)
            || assemblyName.Name?.StartsWith("Viaduct.", StringComparison.Ordinal) == true)
        {
            return null;
        }

        return _resolver.ResolveAssemblyToPath(assemblyName) is { } found ? LoadFromAssemblyPath(found) : null;
    }
}
