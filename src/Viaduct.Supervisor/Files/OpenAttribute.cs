using Viaduct.Vfio.Sysfs;

namespace Viaduct.Supervisor.Files;

/// <summary>
/// A sysfs attribute that a client has open. One opened for reading has its content in the memory file. One opened for writing only is
/// a pipe that nobody reads, so that a write by a descriptor that the filter does not know still makes itself heard, by its SIGPIPE.
/// </summary>
/// <param name="path">Its absolute path.</param>
/// <param name="node">The attribute.</param>
/// <param name="flags">How it was opened, as open(2) takes them.</param>
internal sealed class OpenAttribute(string path, SysfsNode node, int flags = 0) : OpenFile
{
    private const int O_ACCMODE = 3, O_WRONLY = 1, O_RDWR = 2;

    public string Path { get; } = path;

    public SysfsNode Node { get; } = node;

    /// <summary>FMODE_WRITE: its transfers are ours, and not the memory file's.</summary>
    public bool IsWritable { get; } = (flags & O_ACCMODE) is O_WRONLY or O_RDWR;

    /// <summary>FMODE_READ.</summary>
    public bool IsReadable { get; } = (flags & O_ACCMODE) != O_WRONLY;

    /// <summary>Where read(2) and write(2) go on, of one that is writable.</summary>
    public ulong Position { get; set; }

    public override string LinkName => Path;
}
