using System.Diagnostics;
using CopyEngine;
using Viaduct.Driver;

// Copies memory through an Intel I/OAT engine, verifies it and prints the throughput. Exit status: 0, 1 for a failure,
// 2 for usage.
const int Depth = 1024;
const double MiB = 1 << 20;

if (CopyOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine(CopyOptions.Usage);
    return args is ["--help"] ? 0 : 2;
}

try
{
    var address = options.Address ?? (VfioDevice.Find(IoatEngine.VendorId, IoatEngine.DeviceId) is [var first, ..]
        ? first.ToString()
        : throw new IoatException("there is no I/OAT engine (8086:2021) in /sys/bus/pci/devices"));
    using var device = VfioDevice.Open(address);
    using var engine = new IoatEngine(device);
    using var channel = engine.OpenChannel(0, Depth);
    using var source = device.AllocateDma((ulong)options.Mebibytes << 20);
    using var target = device.AllocateDma(source.Size);
    Console.WriteLine(
        $"engine      {address}, I/OAT {engine.Version >> 4}.{engine.Version & 0xF}, {engine.ChannelCount} channel(s), "
        + $"up to {engine.MaxTransfer >> 10} KiB a descriptor, registers {(engine.IsMapped ? "mapped" : "not mapped")}");
    Console.WriteLine($"IOVA        {string.Join(", ", device.Dma.Ranges)}");
    Console.WriteLine($"buffers     {options.Mebibytes} MiB, source 0x{source.Iova:x}, target 0x{target.Iova:x}");
    return Copy(channel, source, target, options.Passes) ? 0 : 1;
}
catch (Exception e) when (e is VfioException or IoatException or FormatException)
{
    Console.Error.WriteLine($"CopyEngine: {e.Message}");
    return 1;
}

static bool Copy(IoatChannel channel, DmaBuffer source, DmaBuffer target, int passes)
{
    var clock = new Stopwatch();
    int descriptors = 0, chains = 0;
    for (var pass = 0; pass < passes; pass++)
    {
        new Random(pass).NextBytes(source.Span);
        for (ulong done = 0; done < source.Size;)
        {
            done += channel.Add(source.IovaOf(done), target.IovaOf(done), source.Size - done);
            descriptors += channel.Count;
            chains++;
            clock.Start();
            channel.Run();
            clock.Stop();
        }

        var same = source.Span.CommonPrefixLength(target.Span);
        if (same != source.Span.Length)
        {
            Console.WriteLine(
                $"verify      MISMATCH in pass {pass + 1} at byte 0x{same:x}: "
                + $"0x{target.Span[same]:x2}, not 0x{source.Span[same]:x2}");
            return false;
        }
    }

    var copied = source.Size / MiB * passes;
    Console.WriteLine(
        $"copied      {copied} MiB in {passes} passes, {descriptors} descriptors, {chains} chains, an MSI-X interrupt each");
    Console.WriteLine(
        $"time        {clock.Elapsed.TotalMilliseconds:F1} ms in the engine, "
        + $"{clock.Elapsed.TotalMicroseconds / chains:F0} us a chain");
    Console.WriteLine($"throughput  {copied / clock.Elapsed.TotalSeconds:F0} MiB/s");
    Console.WriteLine("verify      ok, every byte of every pass");
    return true;
}
