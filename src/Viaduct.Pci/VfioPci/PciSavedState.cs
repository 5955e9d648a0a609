using Viaduct.Pci.Hardware;

namespace Viaduct.Pci.VfioPci;

/// <summary>What a host keeps of a function over a reset (pci_save_state): the header and the PCI Express
/// controls.</summary>
internal sealed class PciSavedState
{
    private static readonly int[] s_expressControls =
        [PCI_EXP_DEVCTL, PCI_EXP_LNKCTL, PCI_EXP_DEVCTL2, PCI_EXP_LNKCTL2];

    private readonly uint[] _header = new uint[PCI_STD_HEADER_SIZEOF / 4];
    private readonly uint[] _express = new uint[s_expressControls.Length];

    private PciSavedState()
    {
    }

    public static PciSavedState Save(PciFunction function)
    {
        var state = new PciSavedState();
        for (var i = 0; i < state._header.Length; i++)
        {
            state._header[i] = function.ReadConfig(4 * i, 4);
        }

        if (FindExpress(function) is { } express)
        {
            for (var i = 0; i < s_expressControls.Length; i++)
            {
                state._express[i] = function.ReadConfig(express.Offset + s_expressControls[i], 2);
            }
        }

        return state;
    }

    /// <summary>Writes it all back, the BARs before COMMAND.</summary>
    public void Restore(PciFunction function)
    {
        lock (function.Gate)
        {
            if (FindExpress(function) is { } express)
            {
                for (var i = 0; i < s_expressControls.Length; i++)
                {
                    function.WriteConfig(express.Offset + s_expressControls[i], 2, _express[i]);
                }
            }

            for (var i = _header.Length - 1; i >= 0; i--)
            {
                // STATUS clears what is written as one.
                var value = i == PCI_COMMAND / 4 ? _header[i] & 0xffff : _header[i];
                function.WriteConfig(4 * i, 4, value);
            }
        }
    }

    private static PciExpressCapability? FindExpress(PciFunction function)
    {
        foreach (var capability in function.Capabilities)
        {
            if (capability is PciExpressCapability express)
            {
                return express;
            }
        }

        return null;
    }
}
