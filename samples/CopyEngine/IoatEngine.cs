using Viaduct.Driver;

namespace CopyEngine;

/// <summary>An I/OAT function: its identity and its channels' interrupts. It does not own the device.</summary>
internal sealed class IoatEngine : IDisposable
{
    internal const ushort VendorId = 0x8086;
    internal const ushort DeviceId = 0x2021;

    private readonly PciDevice _device;
    private readonly Bar _registers;
    private readonly InterruptSet _interrupts;

    internal IoatEngine(PciDevice device)
    {
        if (device.Config is not { VendorId: VendorId, DeviceId: DeviceId })
        {
            throw new IoatException(
                $"{device.Name} is {device.Config.VendorId:x4}:{device.Config.DeviceId:x4}, "
                + $"not an I/OAT engine ({VendorId:x4}:{DeviceId:x4})");
        }

        _device = device;
        device.Config.EnableBusMaster();
        _registers = device.MapBar(0);
        Version = _registers.Read8(IoatRegister.Version);
        if (Version >> 4 != 3)
        {
            throw new IoatException($"{device.Name} is version {Version >> 4}.{Version & 0xF}; this driver knows 3.x");
        }

        ChannelCount = _registers.Read8(IoatRegister.ChannelCount);
        var log2 = _registers.Read8(IoatRegister.TransferCap) & 0x1F;

        // 0 means 32 GiB; a descriptor's size has 32 bits.
        MaxTransfer = log2 == 0 ? 1u << 31 : 1u << log2;
        _registers.Write8(IoatRegister.InterruptControl, IoatRegister.MsixVectorControl);
        var vectors = Math.Min(ChannelCount, device.GetInterruptCount(InterruptKind.Msix));
        _interrupts = device.EnableInterrupts(InterruptKind.Msix, Math.Max(vectors, 1));
    }

    /// <summary>Major version in bits 7:4, minor in 3:0.</summary>
    internal byte Version { get; }

    internal int ChannelCount { get; }

    /// <summary>A descriptor's largest size in bytes.</summary>
    internal uint MaxTransfer { get; }

    internal bool IsMapped => _registers.IsMapped;

    /// <summary>Resets a channel and takes it into use.</summary>
    /// <param name="number">0 to <see cref="ChannelCount"/> - 1.</param>
    /// <param name="depth">How many descriptors a chain can have, 1 to 65,535.</param>
    internal IoatChannel OpenChannel(int number, int depth)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, ChannelCount);
        if (number >= _interrupts.Count)
        {
            throw new IoatException($"{_device.Name} has no MSI-X vector for channel {number}");
        }

        return new IoatChannel(_device, _registers, number, _interrupts[number], MaxTransfer, depth);
    }

    public void Dispose() => _interrupts.Dispose();
}
