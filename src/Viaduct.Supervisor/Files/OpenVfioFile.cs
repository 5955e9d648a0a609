using Viaduct.Vfio.Files;

namespace Viaduct.Supervisor.Files;

/// <summary>A container, group or device that a client has open.</summary>
/// <param name="file">The core's object.</param>
/// <param name="deviceMode">Permission bits of the node that it was opened by.</param>
internal sealed class OpenVfioFile(VfioFile file, ushort deviceMode = 0) : OpenFile
{
    public VfioFile File { get; } = file;

    public ushort DeviceMode { get; } = deviceMode;

    /// <summary>Where read(2) and write(2) go on.</summary>
    public ulong Position { get; set; }

    public override string LinkName => File.LinkName;

    protected override void OnRelease() => File.Release();
}
