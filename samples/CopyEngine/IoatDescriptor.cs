using Viaduct.Linux;

namespace CopyEngine;

/// <summary>A 64-byte descriptor: size u32, control u32, source, destination, next, and 32 bytes that a copy does not
/// use.</summary>
internal static class IoatDescriptor
{
    internal const int Size = 64;

    internal const uint InterruptWhenDone = 1 << 0;
    internal const uint WriteCompletion = 1 << 3;

    /// <summary>Writes a copy.</summary>
    internal static void Write(
        MappedRegion memory, ulong at, uint size, uint control, ulong source, ulong destination, ulong next)
    {
        memory.Write32(at, size);
        memory.Write32(at + 4, control);
        memory.Write64(at + 8, source);
        memory.Write64(at + 16, destination);
        memory.Write64(at + 24, next);
    }

    /// <summary>Adds control bits.</summary>
    internal static void SetControl(MappedRegion memory, ulong at, uint control) => memory.Write32(at + 4, control);
}
