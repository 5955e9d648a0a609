using Viaduct.Devices.Registers;
using Viaduct.Pci.Hardware;

namespace Viaduct.Devices;

/// <summary>A function of this library: one block of registers in BAR0, and somebody who may hear of drivers' mistakes.</summary>
public abstract class DeviceFunction : PciFunction
{
    /// <summary>A function after power on.</summary>
    /// <param name="modelName">The name in the catalog.</param>
    /// <param name="identity">IDs and class.</param>
    /// <param name="services">What the outside gives it.</param>
    /// <param name="registers">What BAR0 holds.</param>
    /// <param name="isVirtual">It is a virtual function.</param>
    protected DeviceFunction(string modelName, PciIdentity identity, PciServices services, RegisterBlock registers, bool isVirtual = false)
        : base(identity, services, isVirtual)
    {
        ModelName = modelName;
        Registers = registers;
    }

    /// <summary>The name in the catalog.</summary>
    public string ModelName { get; }

    /// <summary>The registers in BAR0.</summary>
    public RegisterBlock Registers { get; }

    /// <summary>Hears of drivers' mistakes; null while nobody does.</summary>
    public IModelObserver? ModelObserver { get; set; }

    /// <summary>Names a driver's mistake. Where the sentence has to be composed, ask <see cref="ModelObserver"/> first.</summary>
    protected void DriverMistake(string mistake) => ModelObserver?.DriverMistake(ModelName, mistake);
}
