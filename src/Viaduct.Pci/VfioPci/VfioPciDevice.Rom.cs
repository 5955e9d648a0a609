using Viaduct.Abi;
using Viaduct.Memory;
using Viaduct.Pci.Hardware;

namespace Viaduct.Pci.VfioPci;

/// <content>The ROM region: read-only, as large as the chip decodes, all ones behind what is in it. The enable bit that a client sees
/// in the ROM's register is its own: the host sets the chip's for each access.</content>
public sealed partial class VfioPciDevice
{
    /// <summary>pci_map_rom maps no ROM without the signature of its first image.</summary>
    private static bool IsRomValid(PciRom rom) => rom.Content.Span is [0x55, 0xaa, ..];

    /// <summary>Says what there is to read: nothing where the ROM holds no image, whatever its register decodes. The host enables
    /// memory to look.</summary>
    private void DescribeRom(ref VfioRegionInfo info)
    {
        if (Function.Rom is { } rom && IsRomValid(rom))
        {
            info.Size = (ulong)rom.Size;
            info.Flags = VfioRegionInfoFlags.VFIO_REGION_INFO_FLAG_READ;
        }
    }

    private SysResult ReadRom(ClientMemory memory, ulong buffer, ulong count, ulong position)
    {
        if (Function.Rom is not { } rom || position >= (ulong)rom.Size)
        {
            return Errno.EINVAL;
        }

        lock (Function.Gate)
        {
            // A chip that does not decode memory shows no signature either.
            if (!IsRomValid(rom) || !Function.MemoryDecoded)
            {
                return Errno.ENOMEM;
            }
        }

        count = Math.Min(count, (ulong)rom.Size - position);
        Span<byte> block = stackalloc byte[BlockSize];
        for (var done = 0UL; done < count;)
        {
            var length = BlockLength(buffer + done, count - done);
            Fill(rom, (int)(position + done), block[..length]);
            if (!memory.TryWrite(buffer + done, block[..length]))
            {
                return Errno.EFAULT;
            }

            done += (ulong)length;
        }

        return SysResult.FromValue((long)count);
    }

    private static void Fill(PciRom rom, int position, Span<byte> block)
    {
        block.Fill(0xff);
        if (position < rom.Content.Length)
        {
            var length = Math.Min(block.Length, rom.Content.Length - position);
            rom.Content.Span.Slice(position, length).CopyTo(block);
        }
    }
}
