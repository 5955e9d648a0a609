using Viaduct.Vfio.Files;

namespace Viaduct.Supervisor.Files;

/// <summary>A container, group or device that a client has open.</summary>
/// <param name="file">The core's object.</param>
/// <param name="flags">How it was opened, as open(2) takes them.</param>
/// <param name="deviceMode">Permission bits of the node that it was opened by.</param>
internal sealed class OpenVfioFile(VfioFile file, int flags, ushort deviceMode = 0) : OpenFile
{
    private const int O_ACCMODE = 3, O_RDONLY = 0, O_WRONLY = 1;

    public VfioFile File { get; } = file;

    /// <summary>FMODE_READ.</summary>
    public bool IsReadable { get; } = (flags & O_ACCMODE) != O_WRONLY;

    /// <summary>FMODE_WRITE.</summary>
    public bool IsWritable { get; } = (flags & O_ACCMODE) != O_RDONLY;

    public ushort DeviceMode { get; } = deviceMode;

    /// <summary>Where read(2) and write(2) go on.</summary>
    public ulong Position { get; set; }

    public override string LinkName => File.LinkName;

    protected override void OnRelease() => File.Release();
}
