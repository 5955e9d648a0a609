using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Viaduct.Devices.Catalog;

namespace Viaduct.Cli.Machine;

/// <summary>
/// Devices from somebody's own library: <c>./MyDevice.dll</c>, or <c>./MyDevice.dll:Type</c> where it has several. A device is a public
/// static property of the type <see cref="DeviceModel"/>. A plug-in is trusted code: it is in this process.
/// </summary>
internal static class PluginModels
{
    private const string Extension = ".dll";

    /// <summary>What was written is a library, and no model of ours.</summary>
    public static bool IsPlugin(string name) => name.Contains('/', StringComparison.Ordinal) || SplitAt(name) > 0;

    /// <summary>The model of a library.</summary>
    /// <param name="name">As the user wrote it.</param>
    /// <param name="model">The model.</param>
    /// <param name="error">A sentence that says what is wrong.</param>
    [UnconditionalSuppressMessage(
        "Trimming", "IL2026", Justification = "Viaduct is published whole; what a plug-in needs of it is there, and its own is beside it.")]
    public static bool TryFind(string name, [NotNullWhen(true)] out DeviceModel? model, out string? error)
    {
        model = null;
        if (name.Contains('\0', StringComparison.Ordinal))
        {
            error = "A library's path has no NUL.";
            return false;
        }

        var at = SplitAt(name);
        var path = Path.GetFullPath(at < 0 ? name : name[..at]);
        var type = at < 0 || at == name.Length ? null : name[(at + 1)..];
        if (!File.Exists(path))
        {
            error = $"There is no library {path}.";
            return false;
        }

        try
        {
            var assembly = new PluginLoadContext(path).LoadFromAssemblyPath(path);
            return TryChoose(Find(assembly), path, type, out model, out error);
        }
        catch (Exception bad) when (bad is BadImageFormatException or FileLoadException or FileNotFoundException
            or TypeLoadException or ReflectionTypeLoadException or TargetInvocationException)
        {
            error = $"{path} cannot be loaded: {(bad.InnerException ?? bad).Message}";
            return false;
        }
    }

    // The place of the ':' behind ".dll", the end where there is none, or below zero where it is no library's name.
    private static int SplitAt(string name)
    {
        var end = name.IndexOf(Extension, StringComparison.OrdinalIgnoreCase) + Extension.Length;
        return end < Extension.Length || (end < name.Length && name[end] != ':') ? -1 : end;
    }

    [RequiresUnreferencedCode("Looks for types by their members.")]
    private static List<(Type Type, DeviceModel Model)> Find(Assembly assembly)
    {
        const BindingFlags PublicStatic = BindingFlags.Public | BindingFlags.Static;
        return
        [
            .. from type in assembly.GetExportedTypes()
               from property in type.GetProperties(PublicStatic)
               where property.PropertyType == typeof(DeviceModel)
               select (type, (DeviceModel)property.GetValue(null)!),
        ];
    }

    private static bool TryChoose(
        List<(Type Type, DeviceModel Model)> found, string path, string? type, [NotNullWhen(true)] out DeviceModel? model, out string? error)
    {
        var names = string.Join(", ", found.Select(f => f.Type.Name));
        var chosen = type is null ? found : found.FindAll(f => f.Type.Name == type || f.Type.FullName == type || f.Model.Name == type);
        model = chosen.Count == 1 ? chosen[0].Model : null;
        error = (found.Count, chosen.Count) switch
        {
            (0, _) => $"{path} has no device: a public type with 'public static DeviceModel Model {{ get; }}' is one.",
            (_, 0) => $"{path} has no device '{type}': there are {names}.",
            (_, 1) => null,
            _ => $"{path} has several devices: add ':' and one of {names}.",
        };
        return model is not null;
    }
}
