using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Files;

/// <summary>A sysfs attribute that a client reads; its content is in the memory file.</summary>
/// <param name="path">Its absolute path.</param>
/// <param name="node">The attribute.</param>
internal sealed class OpenAttribute(string path, SysfsNode node) : OpenFile
{
    public string Path { get; } = path;

    public SysfsNode Node { get; } = node;

    public override string LinkName => Path;
}
