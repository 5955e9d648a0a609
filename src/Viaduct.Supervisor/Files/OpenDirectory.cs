using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Files;

/// <summary>A directory of ours that a client lists, or resolves paths from.</summary>
/// <param name="path">Its absolute path.</param>
/// <param name="directory">What is in it; unless it is opaque, the host's entries of the same path are shown too.</param>
internal sealed class OpenDirectory(string path, SysfsDirectory directory) : OpenFile
{
    public string Path { get; } = path;

    public SysfsDirectory Directory { get; } = directory;

    /// <summary>The next entry: 0 and 1 are . and .. .</summary>
    public int Position { get; set; }

    /// <summary>What the reading that began at <see cref="Position"/> 0 lists; null before the first.</summary>
    public IReadOnlyList<(string Name, byte Type)>? Entries { get; set; }

    public override string LinkName => Path;
}
