using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Viaduct.Vfio.Migration;

/// <summary>What a device does on the arcs of the migration states. One thread at a time calls.</summary>
public interface IMigratable
{
    /// <summary>Has the device come to rest: no DMA, no interrupt, no change from here on. Never waits; is called again until it is so.</summary>
    /// <returns>True where it is at rest.</returns>
    bool TryStop();

    /// <summary>The device goes on from where it is.</summary>
    void Start();

    /// <summary>Gives up what only one of two devices may hold, such as the lock of a file. The device is at rest.</summary>
    /// <param name="error">Why that cannot be; a sentence. What was given up is to be taken again.</param>
    bool TryLetGo([NotNullWhen(false)] out string? error);

    /// <summary>Takes that back, or for the first time, where the device does not hold it.</summary>
    /// <param name="error">Who has it; a sentence.</param>
    bool TryTake([NotNullWhen(false)] out string? error);

    /// <summary>Brings the device to where it was after power on, except for what the host keeps.</summary>
    void Clear();

    /// <summary>Writes the device's state down. It is at rest.</summary>
    void Save(IBufferWriter<byte> state);

    /// <summary>Takes a state over. The device was cleared, and is at rest before and after.</summary>
    /// <param name="state">What <see cref="Save"/> wrote; it need not be trusted.</param>
    /// <param name="error">Why it cannot be; a sentence.</param>
    bool TryLoad(ReadOnlySpan<byte> state, [NotNullWhen(false)] out string? error);
}
