namespace Viaduct.Supervisor.X86;

/// <summary>
/// What an emulated instruction can reach: device registers, and the ordinary memory of the program that stopped.
/// All addresses are linear addresses in that program. Only the tracer's thread calls.
/// </summary>
public interface IMmioBus
{
    /// <summary>Whether the byte at <paramref name="address"/> belongs to a device and has no memory behind it.</summary>
    /// <param name="address">Any 64-bit value, canonical or not.</param>
    bool IsDevice(ulong address);

    /// <summary>One read access by the device's own width.</summary>
    /// <param name="address">
    /// The first byte, not necessarily aligned. A scalar that straddles the end of the device's page comes here whole.
    /// </param>
    /// <param name="data">1, 2, 4 or 8 bytes, little endian. Its content is discarded unless the result is Ok.</param>
    MmioStatus Read(ulong address, Span<byte> data);

    /// <summary>One write access by the device's own width.</summary>
    /// <param name="address">The first byte, as in <see cref="Read"/>.</param>
    /// <param name="data">1, 2, 4 or 8 bytes, little endian.</param>
    MmioStatus Write(ulong address, ReadOnlySpan<byte> data);

    /// <summary>Reads ordinary memory: all of it, or false.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="data">1 to <see cref="InstructionEmulator.MaximumMemoryTransfer"/> bytes.</param>
    bool TryReadMemory(ulong address, Span<byte> data);

    /// <summary>Writes ordinary memory: all of it, or false.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="data">1 to <see cref="InstructionEmulator.MaximumMemoryTransfer"/> bytes.</param>
    bool TryWriteMemory(ulong address, ReadOnlySpan<byte> data);
}
