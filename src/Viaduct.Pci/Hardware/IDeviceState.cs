using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Viaduct.Pci.Hardware;

/// <summary>
/// A function whose state can be written down, and taken over by another that was built alike: a server that ends and one that begins
/// where it was.
/// </summary>
public interface IDeviceState
{
    /// <summary>Writes down everything but memory, time and what storage holds. Any thread, at any time: what the device does at this moment is
    /// either complete, in memory and in the state, or in neither. The device goes on.</summary>
    /// <param name="state">Receives the bytes; they have a version of their own.</param>
    void SaveState(IBufferWriter<byte> state);

    /// <summary>Takes a state over. The function was built and not used yet; it does nothing by itself until <see cref="Resume"/>.</summary>
    /// <param name="state">What <see cref="SaveState"/> wrote; it need not be trusted.</param>
    /// <param name="error">Why it cannot be taken; the function is as after power on then.</param>
    bool TryLoadState(ReadOnlySpan<byte> state, [NotNullWhen(false)] out string? error);

    /// <summary>Memory is in place again: the device looks where it was, and goes on.</summary>
    void Resume();
}
