using System.Globalization;
using Viaduct.Abi;
using Viaduct.Vfio.Sysfs;

namespace Viaduct.Pci;

/// <content>What can be written in the device's directory.</content>
public sealed partial class PciDevice
{
    private bool _brokenParity;
    private bool _allowsMsi = true;
    private bool _allowsCold = true;
    private int _numaNode = -1;

    private void DescribeControls(SysfsTree tree, PciBusType bus)
    {
        AddWritable(tree, "driver_override", () => DriverOverride ?? "(null)", StoreDriverOverride);
        AddLocked(tree, "enable", () => EnableCount.ToString(CultureInfo.InvariantCulture), StoreEnable);
        AddFlag(tree, "msi_bus", () => _allowsMsi, value => _allowsMsi = value);
        AddFlag(tree, "broken_parity_status", () => _brokenParity, value => _brokenParity = value);
        AddWritable(tree, "numa_node", () => _numaNode.ToString(CultureInfo.InvariantCulture), StoreNumaNode);
        if (PhysicalFunction is null)
        {
            AddFlag(tree, "d3cold_allowed", () => _allowsCold, value => _allowsCold = value);
            tree.Add($"{SysfsPath}/remove", new SysfsAttribute(WriteOnlyGroup, TextSize, () => [])
            {
                Store = write => IfNotZero(write, () => bus.RemoveAsync(this)),
                IsGone = IsGone,
            });
            tree.Add($"{SysfsPath}/rescan", SysfsAttribute.WriteOnly(write => IfNotZero(write, bus.RescanAsync), IsGone));
        }

        if (_hasReset)
        {
            tree.Add($"{SysfsPath}/reset", SysfsAttribute.WriteOnly(StoreReset, IsGone));
            AddWritable(tree, "reset_method", () => ResetMethods, StoreResetMethods);
        }
    }

    /// <summary>Goes on where a number other than zero was written.</summary>
    internal static async ValueTask<SysResult> IfNotZero(SysfsWrite write, Func<ValueTask> action)
    {
        var parsed = KernelText.ParseUnsigned(write.Text, ulong.MaxValue, out var value);
        if (parsed.IsError)
        {
            return Errno.EINVAL;
        }

        if (value != 0)
        {
            await action().ConfigureAwait(false);
        }

        return SysResult.Success;
    }

    /// <summary>driver_set_override: one line; an empty one takes the override away, and nothing at all changes nothing.</summary>
    private SysResult StoreDriverOverride(string text)
    {
        const int Longest = TextSize - 1;
        if (text.Length >= Longest)
        {
            return Errno.EINVAL;
        }

        var end = text.IndexOf('\n', StringComparison.Ordinal);
        var line = end < 0 ? text : text[..end];
        DriverOverride = line.Length == 0 ? null : line;
        return SysResult.Success;
    }

    /// <summary>enable_store: by hand, for a device that no driver has.</summary>
    private SysResult StoreEnable(string text)
    {
        var parsed = KernelText.ParseUnsigned(text, ulong.MaxValue, out var value);
        if (parsed.IsError)
        {
            return parsed;
        }

        if (Driver is not null)
        {
            return Errno.EBUSY;
        }

        if (value != 0)
        {
            EnableCount++;
        }
        else if (EnableCount > 0)
        {
            EnableCount--;
        }
        else
        {
            return Errno.EIO;
        }

        return SysResult.Success;
    }

    /// <summary>This host has one node, 0.</summary>
    private SysResult StoreNumaNode(string text)
    {
        if (!int.TryParse(text.AsSpan().TrimEnd('\n'), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var node)
            || node is < -1 or > 0)
        {
            return Errno.EINVAL;
        }

        _numaNode = node;
        return SysResult.Success;
    }

    /// <summary>reset_store: 1, and nothing else.</summary>
    private async ValueTask<SysResult> StoreReset(SysfsWrite write)
    {
        var parsed = KernelText.ParseUnsigned(write.Text, ulong.MaxValue, out var value);
        if (parsed.IsError || value != 1)
        {
            return Errno.EINVAL;
        }

        await Lock.WaitAsync().ConfigureAwait(false);
        try
        {
            return ResetByHost();
        }
        finally
        {
            Lock.Release();
        }
    }

    /// <summary>pci_write_config: straight to the chip. What a client that has the device open sees of itself stays.</summary>
    private SysResult StoreConfig(SysfsWrite write)
    {
        var offset = (int)write.Position;
        var bytes = write.Bytes.Span;
        while (!bytes.IsEmpty)
        {
            // Up to the next register, which is then written in as few accesses as its alignment allows.
            var width = Math.Min(sizeof(uint) - (offset & 3), bytes.Length);
            var value = 0u;
            for (var i = 0; i < width; i++)
            {
                value |= (uint)bytes[i] << (8 * i);
            }

            Function.WriteConfig(offset, width, value);
            offset += width;
            bytes = bytes[width..];
        }

        Vfio?.ChangedByHost();

        return SysResult.Success;
    }

    private void AddFlag(SysfsTree tree, string name, Func<bool> get, Action<bool> set)
        => AddWritable(tree, name, () => get() ? "1" : "0", text =>
        {
            var parsed = KernelText.ParseUnsigned(text, ulong.MaxValue, out var value);
            if (!parsed.IsError)
            {
                set(value != 0);
            }

            return parsed;
        });

    private bool IsGone() => IsRemoved;

    private void AddWritable(SysfsTree tree, string name, Func<string> show, Func<string, SysResult> store)
        => tree.Add($"{SysfsPath}/{name}", SysfsAttribute.Writable(show, write => ValueTask.FromResult(store(write.Text)), IsGone));

    /// <summary>An attribute that is written with the device's lock held.</summary>
    private void AddLocked(SysfsTree tree, string name, Func<string> show, Func<string, SysResult> store)
        => tree.Add($"{SysfsPath}/{name}", SysfsAttribute.Writable(
            show,
            async write =>
            {
                await Lock.WaitAsync().ConfigureAwait(false);
                try
                {
                    return store(write.Text);
                }
                finally
                {
                    Lock.Release();
                }
            },
            IsGone));
}
