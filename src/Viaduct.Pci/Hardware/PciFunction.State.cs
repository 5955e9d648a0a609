namespace Viaduct.Pci.Hardware;

/// <content>State that every function has.</content>
public abstract partial class PciFunction
{
    /// <summary>Writes configuration space and what capabilities remember. The gate is held.</summary>
    protected void SaveHardware(StateWriter state)
    {
        Config.Save(state);
        state.Write((uint)_capabilities.Count);
        foreach (var capability in _capabilities)
        {
            state.Write(capability.Id);
            capability.Save(state);
        }
    }

    /// <summary>Takes over what <see cref="SaveHardware"/> wrote: of configuration space, what software can write. The gate is held.</summary>
    protected void LoadHardware(ref StateReader state)
    {
        Config.Load(ref state);
        if (state.ReadUInt32() != _capabilities.Count)
        {
            state.Refuse();
        }

        foreach (var capability in _capabilities)
        {
            if (state.ReadByte() != capability.Id)
            {
                state.Refuse();
            }

            capability.Load(ref state);
        }

        if (state.IsGood)
        {
            StateChanged();
        }
    }
}
