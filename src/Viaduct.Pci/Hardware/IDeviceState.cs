using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Viaduct.Pci.Hardware;

/// <summary>
/// A function whose state can be written down, and taken over by another that was built alike: a server that ends and one that begins
/// where it was, or live migration.
/// </summary>
public interface IDeviceState
{
    /// <summary>What the state leaves out, another process can have too: files, but not this one's memory. Live migration is offered only then. It stays
    /// the same.</summary>
    bool CanMigrate => true;

    /// <summary>Asks the function to come to rest: no DMA, no interrupt and no change by itself until <see cref="Resume"/>, also of work that
    /// it began before. What registers are told meanwhile is for then; a reset is obeyed. Any thread; never waits: it is called
    /// again until it is so, also after a reset that came meanwhile, of which nothing may be left to do.</summary>
    /// <returns>True where the function is at rest.</returns>
    bool TryPause();

    /// <summary>Writes down everything but memory, time and what storage holds. Any thread, at any time: what the device does at this moment is
    /// either complete, in memory and in the state, or in neither. The device goes on, where it is not paused.</summary>
    /// <param name="state">Receives the bytes; they have a version of their own.</param>
    void SaveState(IBufferWriter<byte> state);

    /// <summary>Takes a state over. The function was built or reset and not used yet; it is paused from here on.</summary>
    /// <param name="state">What <see cref="SaveState"/> wrote; it need not be trusted.</param>
    /// <param name="error">Why it cannot be taken; the function is as after power on then.</param>
    bool TryLoadState(ReadOnlySpan<byte> state, [NotNullWhen(false)] out string? error);

    /// <summary>The function goes on. Where a state was loaded, memory is in place: the device looks where it was first. Nothing happens
    /// to one that is not paused.</summary>
    void Resume();
}
