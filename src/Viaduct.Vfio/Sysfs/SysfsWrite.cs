using Viaduct.Abi;

namespace Viaduct.Vfio.Sysfs;

/// <summary>A write to an attribute.</summary>
/// <param name="Bytes">What was written; not empty.</param>
/// <param name="Position">Where; of no meaning for text.</param>
public readonly record struct SysfsWrite(ReadOnlyMemory<byte> Bytes, ulong Position)
{
    /// <summary>What was written as the kernel reads it: up to the first zero byte.</summary>
    public string Text => KernelText.Of(Bytes.Span);
}
