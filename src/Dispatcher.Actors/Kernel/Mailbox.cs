namespace Dispatcher.Kernel;

/// <summary>
/// An unbounded queue of many writers and one reader, without locks: writers push onto a shared stack, the reader takes the whole stack
/// and turns it round (R. K. Treiber, "Systems Programming: Coping with Parallelism", 1986). Bounds are kept where mail is made: at the gateway,
/// the admission point and the fan-out window.
/// </summary>
internal struct Mailbox
{
    private static readonly Node ClosedMark = new(new object(), null);

    /// <summary>Newest first; shared by all writers.</summary>
    private Node? _incoming;

    /// <summary>Oldest first; the reader's own.</summary>
    private Node? _outgoing;

    /// <summary>False once the mailbox is closed: nobody will read the message.</summary>
    public bool TryPost(object message)
    {
        var node = new Node(message, null);
        var expected = Volatile.Read(ref _incoming);
        while (!ReferenceEquals(expected, ClosedMark))
        {
            // Once it is posted the node is the reader's, who turns its link round: it must not be looked at here again.
            node.Next = expected;
            var seen = Interlocked.CompareExchange(ref _incoming, node, expected);
            if (ReferenceEquals(seen, expected)) return true;
            expected = seen;
        }

        return false;
    }

    /// <summary>The oldest message; for the reader only.</summary>
    public bool TryTake(out object message)
    {
        if (_outgoing is null) Refill();
        if (_outgoing is not { } node)
        {
            message = null!;
            return false;
        }

        _outgoing = node.Next;
        message = node.Message;
        return true;
    }

    public readonly bool IsEmpty => _outgoing is null && (Volatile.Read(in _incoming) is not { } head || ReferenceEquals(head, ClosedMark));

    /// <summary>Closes the mailbox if nothing is in it, so that no message is lost; for the reader only.</summary>
    public bool TryClose() => _outgoing is null && Interlocked.CompareExchange(ref _incoming, ClosedMark, null) is null;

    /// <summary>Closes the mailbox; what was in it can still be taken.</summary>
    public void Close() => Append(Interlocked.Exchange(ref _incoming, ClosedMark));

    private void Refill()
    {
        if (Volatile.Read(ref _incoming) is null or { IsMark: true }) return;
        Append(Interlocked.Exchange(ref _incoming, null));
    }

    private void Append(Node? newestFirst)
    {
        Node? oldestFirst = null;
        while (newestFirst is not null && !newestFirst.IsMark)
        {
            var next = newestFirst.Next;
            newestFirst.Next = oldestFirst;
            oldestFirst = newestFirst;
            newestFirst = next;
        }

        if (_outgoing is null)
        {
            _outgoing = oldestFirst;
            return;
        }

        var last = _outgoing;
        while (last.Next is not null) last = last.Next;
        last.Next = oldestFirst;
    }

    private sealed class Node(object message, Node? next)
    {
        public readonly object Message = message;
        public Node? Next = next;

        public bool IsMark => ReferenceEquals(this, ClosedMark);
    }
}
