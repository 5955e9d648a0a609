using System.Diagnostics.CodeAnalysis;

namespace Viaduct.Pci.Hardware;

/// <summary>A function that keeps something outside of the process which another one may take over: the disk of a machine that moves. One
/// function at a time holds it; whoever does not holds only a name.</summary>
public interface ISharedStorage
{
    /// <summary>Makes all of it durable, and gives it up. The function is paused, see <see cref="IDeviceState.TryPause"/>.</summary>
    /// <param name="error">Why it cannot be durable; a sentence. What was given up is to be taken again.</param>
    bool TryLetGo([NotNullWhen(false)] out string? error);

    /// <summary>Takes it, where the function does not hold it.</summary>
    /// <param name="error">Who has it; a sentence.</param>
    bool TryTake([NotNullWhen(false)] out string? error);
}
