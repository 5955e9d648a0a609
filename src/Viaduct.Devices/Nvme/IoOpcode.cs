namespace Viaduct.Devices.Nvme;

/// <summary>Opcodes of the NVM command set (NVM command set 1.0, 3.2).</summary>
internal enum IoOpcode : byte
{
    Flush = 0x00,
    Write = 0x01,
    Read = 0x02,
    Compare = 0x05,
    WriteZeroes = 0x08,
    DatasetManagement = 0x09,
    Verify = 0x0c,
}
