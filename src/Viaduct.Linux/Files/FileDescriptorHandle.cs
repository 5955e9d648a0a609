using System.Runtime.InteropServices;

namespace Viaduct.Linux;

/// <summary>An open file descriptor, closed with its last user.</summary>
public sealed class FileDescriptorHandle : SafeHandle
{
    /// <summary>Holds no descriptor.</summary>
    public FileDescriptorHandle()
        : base(-1, ownsHandle: true)
    {
    }

    /// <summary>Takes a descriptor of this process.</summary>
    /// <param name="fd">The descriptor; below zero for none.</param>
    /// <param name="ownsHandle">False leaves closing it to somebody else.</param>
    public FileDescriptorHandle(int fd, bool ownsHandle = true)
        : base(-1, ownsHandle) => SetHandle(fd);

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibC.Close((int)handle) == 0;
}
