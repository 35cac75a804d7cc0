namespace Dispatcher.Store.GroupCommit;

/// <summary>What a database does with a batch; called by one thread at a time.</summary>
internal interface IBatchWriter
{
    /// <summary>
    /// Writes the batch in one transaction, in its order.
    /// 1. Returns after the commit, with the <see cref="PendingAppend.Result"/> of every append set: appended, conflict or fenced.
    /// 2. Throws when the batch as a whole failed; what of it has landed is then unknown.
    /// </summary>
    void Write(ReadOnlySpan<PendingAppend> batch);

    /// <summary>Why a batch failed, for an operator.</summary>
    string Explain(Exception failure);
}
