using System.Diagnostics.CodeAnalysis;

namespace Viaduct.Pci.Hardware;

/// <summary>A function that keeps something outside of the process: files.</summary>
public interface IDeviceStorage
{
    /// <summary>Makes all of it durable and closes it. Nothing of the function may run any more; called once.</summary>
    /// <param name="error">What may be lost, and why; a sentence.</param>
    bool TryClose([NotNullWhen(false)] out string? error);
}
