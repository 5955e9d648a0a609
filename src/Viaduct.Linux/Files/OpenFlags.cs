namespace Viaduct.Linux;

/// <summary>The flags of open(2) that Viaduct uses, asm-generic/fcntl.h; O_CLOEXEC is always added.</summary>
[Flags]
public enum OpenFlags
{
    /// <summary>Read only.</summary>
    O_RDONLY = 0,

    /// <summary>Write only.</summary>
    O_WRONLY = 1,

    /// <summary>Read and write.</summary>
    O_RDWR = 2,

    /// <summary>Do not wait.</summary>
    O_NONBLOCK = 0x800,
}
