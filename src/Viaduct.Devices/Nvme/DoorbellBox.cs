using Viaduct.Pci.Hardware;

namespace Viaduct.Devices.Nvme;

/// <summary>What was written to doorbells and not looked at yet. The function's gate protects the one that drivers write; the engine has
/// another of its own.</summary>
internal sealed class DoorbellBox
{
    private readonly uint[] _tails = new uint[NvmeRegisters.MostQueues + 1];
    private readonly uint[] _heads = new uint[NvmeRegisters.MostQueues + 1];
    private QueueSet _newTails;
    private QueueSet _newHeads;

    public void SetTail(int queue, uint value)
    {
        _tails[queue] = value;
        _newTails.Add(queue);
    }

    public void SetHead(int queue, uint value)
    {
        _heads[queue] = value;
        _newHeads.Add(queue);
    }

    /// <summary>The head that was written last; zero where none was.</summary>
    public uint Head(int queue) => _heads[queue];

    /// <summary>Says which head is known, without news for anybody.</summary>
    public void ResetHead(int queue, uint value)
    {
        if (!_newHeads.Contains(queue))
        {
            _heads[queue] = value;
        }
    }

    /// <summary>Takes out a submission queue's tail.</summary>
    public bool TryTakeTail(out int queue, out uint value)
    {
        queue = _newTails.Take();
        value = queue < 0 ? 0 : _tails[queue];
        return queue >= 0;
    }

    /// <summary>Takes out a completion queue's head.</summary>
    public bool TryTakeHead(out int queue, out uint value)
    {
        queue = _newHeads.Take();
        value = queue < 0 ? 0 : _heads[queue];
        return queue >= 0;
    }

    /// <summary>Takes over everything that is new in another, where it is not new any more.</summary>
    public void TakeFrom(DoorbellBox other)
    {
        while (other.TryTakeTail(out var queue, out var value))
        {
            SetTail(queue, value);
        }

        while (other.TryTakeHead(out var queue, out var value))
        {
            SetHead(queue, value);
        }
    }

    public void Save(StateWriter state)
    {
        for (var i = 0; i < _tails.Length; i++)
        {
            state.Write(_tails[i]);
            state.Write(_newTails.Contains(i));
            state.Write(_heads[i]);
            state.Write(_newHeads.Contains(i));
        }
    }

    public void Load(ref StateReader state)
    {
        Clear();
        for (var i = 0; i < _tails.Length; i++)
        {
            _tails[i] = state.ReadUInt32();
            if (state.ReadBool())
            {
                _newTails.Add(i);
            }

            _heads[i] = state.ReadUInt32();
            if (state.ReadBool())
            {
                _newHeads.Add(i);
            }
        }
    }

    public void Clear()
    {
        Array.Clear(_tails);
        Array.Clear(_heads);
        _newTails = default;
        _newHeads = default;
    }
}
