namespace Viaduct.Devices.Nvme;

/// <summary>Where a host with doorbell buffers has those of the admin queue.</summary>
internal enum AdminDoorbells : byte
{
    Unknown,
    Registers,
    Memory,
}
