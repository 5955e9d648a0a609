namespace Viaduct.Devices.Ioat;

/// <summary>Where things are in configuration space, from the same sources as <see cref="IoatRegisters"/>.</summary>
internal static class IoatConfig
{
    public const int Msix = 0x80;
    public const int Express = 0x90;
    public const int PowerManagement = 0xe0;

    /// <summary>Errors of all channels together; nothing of it can happen here.</summary>
    public const int UncorrectableStatus = 0x148;
    public const int UncorrectableMask = 0x14c;
    public const int UncorrectableSeverity = 0x150;
    public const uint UncorrectableBits = 0x1530;

    /// <summary>CHANERR_INT: CHANERR once more, cleared by itself.</summary>
    public const int ChannelError = 0x180;
    public const int ChannelErrorMask = 0x184;
    public const int ChannelErrorSeverity = 0x188;
    public const uint ChannelErrorBits = 0x73fff;

    /// <summary>CHANERRPTR: the number of the first error's bit.</summary>
    public const int ChannelErrorPointer = 0x18c;

    /// <summary>From the routing ID of the physical function to that of its first virtual one.</summary>
    public const ushort FirstVirtualFunction = 0x80;

    public const uint MsixTable = 0x2000;
    public const uint MsixPending = 0x3000;
}
