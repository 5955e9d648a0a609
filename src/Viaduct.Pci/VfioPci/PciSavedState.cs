using Viaduct.Pci.Hardware;

namespace Viaduct.Pci.VfioPci;

/// <summary>What a host keeps of a function over a reset (pci_save_state): the header, the controls of PCI Express and of PCI-X, and what SR-IOV was set to. Error
/// reporting keeps itself: its registers are sticky.</summary>
internal sealed class PciSavedState
{
    private const int PciXCommand = 2;

    private static readonly int[] s_expressControls =
        [PCI_EXP_DEVCTL, PCI_EXP_LNKCTL, PCI_EXP_DEVCTL2, PCI_EXP_LNKCTL2];

    private readonly uint[] _header = new uint[PCI_STD_HEADER_SIZEOF / 4];

    // Registers behind the header, in the order of their restoration.
    private readonly List<(int Offset, int Width, uint Value)> _registers = [];

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

        foreach (var capability in function.Capabilities)
        {
            if (capability is PciExpressCapability express)
            {
                foreach (var register in s_expressControls)
                {
                    if (express.Has(register))
                    {
                        state.Add(function, express.Offset + register, 2);
                    }
                }
            }
            else if (capability.Id == PCI_CAP_ID_PCIX)
            {
                state.Add(function, capability.Offset + PciXCommand, 2);
            }
        }

        return state;
    }

    /// <summary>Writes it all back, the BARs before COMMAND.</summary>
    public void Restore(PciFunction function)
    {
        lock (function.Gate)
        {
            function.Sriov?.WriteRegisters();
            foreach (var (offset, width, value) in _registers)
            {
                function.WriteConfig(offset, width, value);
            }

            for (var i = _header.Length - 1; i >= 0; i--)
            {
                // STATUS clears what is written as one.
                var value = i == PCI_COMMAND / 4 ? _header[i] & 0xffff : _header[i];
                function.WriteConfig(4 * i, 4, value);
            }
        }
    }

    private void Add(PciFunction function, int offset, int width)
        => _registers.Add((offset, width, function.ReadConfig(offset, width)));
}
