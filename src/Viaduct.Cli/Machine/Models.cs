using System.Diagnostics.CodeAnalysis;
using Viaduct.Devices.Catalog;

namespace Viaduct.Cli.Machine;

/// <summary>Every device that the command line can name: those of the catalog, and those of libraries.</summary>
internal static class Models
{
    /// <summary>The model of a name, or of a library's path.</summary>
    /// <param name="name">As the user wrote it.</param>
    /// <param name="model">The model.</param>
    /// <param name="error">A sentence that says what there is.</param>
    public static bool TryFind(string name, [NotNullWhen(true)] out DeviceModel? model, out string? error)
        => PluginModels.IsPlugin(name) ? PluginModels.TryFind(name, out model, out error) : DeviceCatalog.TryFind(name, out model, out error);
}
