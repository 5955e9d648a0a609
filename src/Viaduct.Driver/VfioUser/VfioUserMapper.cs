using System.Runtime.InteropServices;
using Viaduct.Abi;
using Viaduct.Linux;
using Viaduct.Memory;
using Viaduct.VfioUser.Protocol;

namespace Viaduct.Driver;

/// <summary>Tells a vfio-user server what its device may reach.</summary>
/// <param name="connection">The server.</param>
/// <param name="limits">What it can.</param>
/// <param name="shareMemory">Its file goes with the memory, where it has one.</param>
internal sealed class VfioUserMapper(VfioUserConnection connection, VfioUserLimits limits, bool shareMemory) : IDmaMapper
{
    public void Map(ulong iova, MemoryMapping memory, DmaAccess access)
    {
        if (connection.Memory.Count >= limits.MaxDmaMaps)
        {
            throw VfioUserErrors.CannotMap(Errno.ENOSPC, connection.Name, iova, memory.Length);
        }

        var map = new VfioUserDmaMap
        {
            ArgSz = VfioUserDmaMap.StructSize,
            Flags = (access.HasFlag(DmaAccess.Read) ? VfioUserDmaFlags.Readable : VfioUserDmaFlags.None)
                | (access.HasFlag(DmaAccess.Write) ? VfioUserDmaFlags.Writeable : VfioUserDmaFlags.None),
            Address = iova,
            Size = memory.Length,
        };
        Span<byte> payload = stackalloc byte[VfioUserDmaMap.StructSize];
        StructBytes.Write(payload, map);

        // Before the server can ask for it.
        connection.Memory.Add(iova, memory, access);
        try
        {
            var isShared = shareMemory && limits.MaxDescriptors > 0 && memory.File is not null;
            ReadOnlySpan<SafeHandle> file = isShared ? [memory.File!] : [];
            var result = connection.Ask(VfioUserCommand.VFIO_USER_DMA_MAP, payload, [], [], descriptors: file);
            if (result.IsError)
            {
                throw VfioUserErrors.CannotMap(result.Errno, connection.Name, iova, memory.Length);
            }
        }
        catch
        {
            connection.Memory.Remove(iova);
            throw;
        }
    }

    public bool Unmap(ulong iova, ulong size)
    {
        Span<byte> payload = stackalloc byte[VfioUserDmaUnmap.StructSize];
        StructBytes.Write(
            payload, new VfioUserDmaUnmap { ArgSz = VfioUserDmaUnmap.StructSize, Address = iova, Size = size });
        try
        {
            return !connection.Ask(VfioUserCommand.VFIO_USER_DMA_UNMAP, payload, [], []).IsError;
        }
        catch (VfioException)
        {
            // The connection has ended, and with it the server's rights.
            return false;
        }
        finally
        {
            connection.Memory.Remove(iova);
        }
    }
}
