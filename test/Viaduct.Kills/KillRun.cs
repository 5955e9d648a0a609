using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.ExceptionServices;
using NvmeDisk.Nvme;
using NvmeDisk.Work;

namespace Viaduct.Kills;

/// <summary>
/// Kills servers in mid-write, one after the other, and looks into the file after each: what the disk promised is there, and each block
/// is as one write left it.
/// </summary>
internal sealed class KillRun
{
    private const int Queues = 3;
    private const int Depth = 8;
    private const int Blocks = Queues * Depth * Writer.BlocksOfSlot;
    private const int LongestLife = 80;
    private const int MostFaults = 20;

    private readonly string _viaduct;
    private readonly string _folder;
    private readonly Random _random;
    private readonly int _blockSize;
    private readonly Ledger _ledger = new(Blocks);
    private readonly long[] _fates = new long[Enum.GetValues<BlockFate>().Length];
    private long _damaged;
    private long _writes;
    private long _durable;
    private long _flushes;
    private long _underWay;
    private int _kills;

    /// <param name="viaduct">The command.</param>
    /// <param name="folder">For the file and the socket.</param>
    /// <param name="blockSize">512 or 4096.</param>
    /// <param name="seed">Of all choices.</param>
    internal KillRun(string viaduct, string folder, int blockSize, int seed)
    {
        _viaduct = viaduct;
        _folder = folder;
        _blockSize = blockSize;
        _random = new Random(seed);
    }

    /// <summary>Faults so far.</summary>
    internal long Faults => _damaged + Count(BlockFate.Broken) + Count(BlockFate.Invented);

    private string ImagePath => Path.Combine(_folder, $"disk{_blockSize}");

    /// <summary>So many servers.</summary>
    internal void Run(int kills)
    {
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < kills && Faults < MostFaults; i++)
        {
            // With the volatile cache, and without.
            Kill(isCached: i % 4 != 3);
            _kills++;
            Check();
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            blocks of {_blockSize}: {_kills} servers killed in {watch.Elapsed.TotalSeconds:0} s; {_writes} writes done, {_durable} of them promised at once, {_flushes} flushes; {_underWay} commands went with their server
              blocks after a kill: {Count(BlockFate.Kept)} kept; of a write under way {Count(BlockFate.New)} new, {Count(BlockFate.Old)} old
              done, not promised and gone: {Count(BlockFate.Unkept)}; promised and gone: {Count(BlockFate.Broken)}; never written: {Count(BlockFate.Invented)}; damaged: {_damaged}
            """));
    }

    private long Count(BlockFate fate) => _fates[(int)fate];

    private void Kill(bool isCached)
    {
        var device = $"nvme,file={ImagePath},size={Blocks * _blockSize},block={_blockSize}";
        using var server = new ServerProcess(_viaduct, device, Path.Combine(_folder, "socket"));
        using var disk = server.Connect();
        var controller = new NvmeController(disk, Queues, useInterrupts: false, TimeSpan.FromSeconds(30));
        var space = controller.GetNamespace(1);
        if (space.BlockSize != _blockSize || space.Blocks != Blocks)
        {
            throw new NvmeException($"the namespace has {space.Blocks} blocks of {space.BlockSize} bytes");
        }

        controller.SetVolatileCache(isCached);
        var writers = new Writer[Queues];
        for (var i = 0; i < Queues; i++)
        {
            var queue = controller.OpenQueue(Depth, Writer.MostBlocks * _blockSize);
            writers[i] = new Writer(queue, space, _ledger, isCached, i, _random.Next());
        }

        WriteUntilKilled(writers, server);
        foreach (var writer in writers)
        {
            _writes += writer.Writes;
            _durable += writer.Durable;
            _flushes += writer.Flushes;
            _underWay += writer.UnderWay;
        }

        // Without its connection the controller cannot be stopped, and need not: the device frees its memory.
    }

    private void WriteUntilKilled(Writer[] writers, ServerProcess server)
    {
        using var gone = new CancellationTokenSource();
        ExceptionDispatchInfo? failure = null;
        var threads = Array.ConvertAll(writers, writer => new Thread(() =>
        {
            try
            {
                writer.Run(gone.Token);
            }
            catch (NvmeException e)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(e), null);
            }
        }));
        Array.ForEach(threads, static thread => thread.Start());
        Thread.Sleep(TimeSpan.FromMilliseconds(_random.NextDouble() * LongestLife));
        server.Kill();
        gone.Cancel();
        Array.ForEach(threads, static thread => thread.Join());
        failure?.Throw();
    }

    // The file itself, not by a server: what a server would say of it is another test's.
    private void Check()
    {
        var image = File.ReadAllBytes(ImagePath);
        if (image.Length != Blocks * _blockSize)
        {
            throw new NvmeException($"{ImagePath} has {image.Length} bytes");
        }

        for (var block = 0; block < Blocks; block++)
        {
            var data = image.AsSpan(block * _blockSize, _blockSize);
            var number = BinaryPrimitives.ReadInt64LittleEndian(data);
            var isNew = number == 0 && !data.ContainsAnyExcept((byte)0);
            if (!isNew && Pattern.FindFault(data, (ulong)number, (ulong)block) is { } fault)
            {
                _damaged++;
                Console.WriteLine($"FAULT after kill {_kills}: block {block} {fault}");
                continue;
            }

            var fate = _ledger.Judge(block, number);
            _fates[(int)fate]++;
            if (fate is BlockFate.Broken or BlockFate.Invented)
            {
                Console.WriteLine($"FAULT after kill {_kills}: block {block} has write {number}; promised was {_ledger.Promised(block)}");
            }

            _ledger.Begin(block, number);
        }
    }
}
