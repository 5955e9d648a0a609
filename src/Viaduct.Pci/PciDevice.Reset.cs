using Viaduct.Abi;
using Viaduct.Pci.Hardware;

namespace Viaduct.Pci;

/// <content>How the host can reset the function (pci_reset_methods).</content>
public sealed partial class PciDevice
{
    private const string FunctionLevel = "flr";
    private const string AdvancedFeatures = "af_flr";
    private const string Power = "pm";
    private const string ByBus = "bus";

    // In the order in which they are tried; replaced as a whole.
    private volatile IReadOnlyList<string> _resetMethods;

    // Whether there was a way as the function was found: the attributes are there or not from then on.
    private readonly bool _hasReset;

    /// <summary>The ways that are tried, in this order, as reset_method in sysfs lists them; empty where there is none.</summary>
    internal string ResetMethods => string.Join(' ', _resetMethods);

    /// <summary>What a reset of this function alone would be now; null where there is none.</summary>
    internal PciResetKind? FindReset()
    {
        foreach (var method in _resetMethods)
        {
            if (method != ByBus)
            {
                return PciResetKind.Function;
            }

            if (Bus.ResetsOnly(Function))
            {
                return PciResetKind.Bus;
            }
        }

        return null;
    }

    /// <summary>pci_init_reset_methods.</summary>
    /// <param name="byBus">The bus may be reset for it.</param>
    private List<string> SupportedResets(bool byBus)
    {
        var methods = new List<string>();
        if (Function.Capabilities.Any(c => c is PciExpressCapability { HasFunctionLevelReset: true }))
        {
            methods.Add(FunctionLevel);
        }

        if (Function.Capabilities.Any(c => c.Id == PciCapability.PCI_CAP_ID_AF && HasAdvancedFeaturesReset(c)))
        {
            methods.Add(AdvancedFeatures);
        }

        if (Function.Capabilities.Any(c => c is PowerManagementCapability { NoSoftReset: false }))
        {
            methods.Add(Power);
        }

        if (byBus)
        {
            methods.Add(ByBus);
        }

        return methods;
    }

    private bool HasAdvancedFeaturesReset(FunctionCapability capability)
    {
        const uint CanReset = PCI_AF_CAP_FLR | PCI_AF_CAP_TP;
        return (Function.ReadConfig(capability.Offset + PCI_AF_CAP, 1) & CanReset) == CanReset;
    }

    /// <summary>reset_method_store: names with spaces between, nothing at all, or <c>default</c>.</summary>
    private SysResult StoreResetMethods(string text)
    {
        var supported = SupportedResets(Bus.ResetsOnly(Function));
        if (KernelText.IsSame(text, "default"))
        {
            _resetMethods = supported;
            return SysResult.Success;
        }

        var wanted = text.TrimEnd('\n').Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (!Array.TrueForAll(wanted, supported.Contains))
        {
            return Errno.EINVAL;
        }

        _resetMethods = wanted;
        return SysResult.Success;
    }

    /// <summary>pci_reset_function: what the host saves of the function outlives it.</summary>
    private SysResult ResetByHost()
    {
        if (Vfio is { } vfio)
        {
            return vfio.ResetByHost();
        }

        if (FindReset() is not { } kind)
        {
            return Errno.ENOTTY;
        }

        lock (Function.Gate)
        {
            var state = VfioPci.PciSavedState.Save(Function);
            Function.ResetLocked(kind);
            state.Restore(Function);
        }

        return SysResult.Success;
    }
}
