using System.Diagnostics;
using Viaduct.Driver;

namespace NvmeDisk.Nvme;

/// <summary>The controller's registers: what they say, and the ways between stopped, ready and shut down.</summary>
internal sealed class NvmeRegisters
{
    private static readonly TimeSpan s_shortestTimeout = TimeSpan.FromSeconds(1);

    private readonly string _name;
    private readonly Bar _bar;

    /// <param name="name">The device, for messages.</param>
    /// <param name="bar">BAR 0.</param>
    internal NvmeRegisters(string name, Bar bar)
    {
        _name = name;
        _bar = bar;
        Capabilities = new NvmeCapabilities(Read64(NvmeRegister.Capabilities));
        Version = bar.Read32(NvmeRegister.Version);
        CheckCapabilities();
    }

    internal NvmeCapabilities Capabilities { get; }

    /// <summary>VS: major 31:16, minor 15:8, tertiary 7:0.</summary>
    internal uint Version { get; }

    /// <summary>True where registers are loads and stores, false where they are calls.</summary>
    internal bool IsMapped => _bar.IsMapped;

    /// <summary>Rings a doorbell.</summary>
    /// <param name="index">2 times the queue's number for submissions, 1 more for completions.</param>
    /// <param name="value">The submission queue's tail, or the completion queue's head.</param>
    internal void Ring(uint index, uint value) =>
        _bar.Write32(NvmeRegister.Doorbells + (index * Capabilities.DoorbellStride), value);

    /// <summary>What state the controller is in, for people.</summary>
    internal string Explain()
    {
        var status = _bar.Read32(NvmeRegister.Status);
        return status switch
        {
            NvmeRegister.Gone => "its registers read as all ones: the device is gone",
            _ when (status & NvmeRegister.Fatal) != 0 => $"it reports a fatal error, CSTS 0x{status:x}",
            _ => $"it says that it is {((status & NvmeRegister.Ready) != 0 ? "" : "not ")}ready, CSTS 0x{status:x}",
        };
    }

    /// <summary>Stops the controller. It forgets its queues.</summary>
    internal void Disable()
    {
        var configuration = _bar.Read32(NvmeRegister.Configuration);
        if ((configuration & NvmeRegister.Enable) != 0)
        {
            // Not while it is still coming up.
            if ((_bar.Read32(NvmeRegister.Status) & NvmeRegister.Fatal) == 0)
            {
                WaitForReady(true);
            }

            _bar.Write32(NvmeRegister.Configuration, configuration & ~NvmeRegister.Enable);
        }

        WaitForReady(false);
    }

    /// <summary>Starts a controller that is stopped.</summary>
    internal void Enable(NvmeQueue admin)
    {
        var last = (uint)admin.Entries - 1;
        _bar.Write32(NvmeRegister.AdminQueueAttributes, last << 16 | last);
        Write64(NvmeRegister.AdminSubmissionQueue, admin.SubmissionIova);
        Write64(NvmeRegister.AdminCompletionQueue, admin.CompletionIova);
        var pages = (uint)int.Log2(Capabilities.SmallestPage) - 12;
        _bar.Write32(
            NvmeRegister.Configuration,
            NvmeRegister.EntrySizes | pages << NvmeRegister.PageSizeShift | NvmeRegister.Enable);
        WaitForReady(true);
    }

    /// <summary>Ends the controller's work in order: it writes out what is in a volatile cache before it says that it
    /// is done.</summary>
    internal void ShutDown(TimeSpan patience)
    {
        var configuration = _bar.Read32(NvmeRegister.Configuration) & ~NvmeRegister.ShutdownMask;
        _bar.Write32(NvmeRegister.Configuration, configuration | NvmeRegister.ShutdownNormal);
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var status = _bar.Read32(NvmeRegister.Status);
            if (status == NvmeRegister.Gone
                || (status & NvmeRegister.ShutdownStatusMask) == NvmeRegister.ShutdownComplete)
            {
                return;
            }

            if (watch.Elapsed > patience)
            {
                throw new NvmeException(
                    $"{_name} did not shut down within {patience.TotalSeconds:0.###} s, CSTS 0x{status:x}");
            }

            Thread.Yield();
        }
    }

    private void WaitForReady(bool ready)
    {
        var timeout = Capabilities.Timeout > s_shortestTimeout ? Capabilities.Timeout : s_shortestTimeout;
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var status = _bar.Read32(NvmeRegister.Status);
            if (status == NvmeRegister.Gone)
            {
                throw new NvmeException($"{_name} does not answer: its registers read as all ones");
            }

            if ((status & NvmeRegister.Ready) != 0 == ready)
            {
                return;
            }

            if (ready && (status & NvmeRegister.Fatal) != 0)
            {
                throw new NvmeException($"{_name} reports a fatal error while it starts, CSTS 0x{status:x}");
            }

            if (watch.Elapsed > timeout)
            {
                throw new NvmeException(
                    $"{_name} did not become {(ready ? "ready" : "idle")} within {timeout.TotalSeconds} s "
                    + $"(CAP.TO), CSTS 0x{status:x}");
            }

            Thread.Yield();
        }
    }

    private void CheckCapabilities()
    {
        if (Capabilities.Raw == ulong.MaxValue)
        {
            throw new NvmeException($"{_name} does not answer: its registers read as all ones");
        }

        if (!Capabilities.HasNvmCommands)
        {
            throw new NvmeException(
                $"{_name} does not have the NVM command set, CAP 0x{Capabilities.Raw:x}");
        }
    }

    // In halves, the lower first: not every controller takes eight bytes at once.
    private ulong Read64(ulong offset) =>
        _bar.Read32(offset) | (ulong)_bar.Read32(offset + 4) << 32;

    private void Write64(ulong offset, ulong value)
    {
        _bar.Write32(offset, (uint)value);
        _bar.Write32(offset + 4, (uint)(value >> 32));
    }
}
