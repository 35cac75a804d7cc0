namespace Dispatcher.Steps.Artifacts;

/// <summary>
/// Flushes folders, so that the names in them outlast a power cut. Whoever asks while a folder is being flushed waits for the next flush of it, which is made once for all who wait:
/// a folder in which many jobs begin is flushed as fast as the disk can, and no faster.
/// </summary>
internal sealed class FolderFlushes(Action<string> flush)
{
    /// <summary>Beyond it all are forgotten: a folder's next flush is then shared with nobody who came before.</summary>
    private const int FolderLimit = 1000;

    private readonly Dictionary<string, Folder> _folders = new(StringComparer.Ordinal);

    public FolderFlushes() : this(NativeFiles.FlushFolder)
    {
    }

    /// <summary>Comes back when all names are on disk that were in the folder at the call.</summary>
    public void Flush(string path) => FolderOf(path).Flush(() => flush(path));

    private Folder FolderOf(string path)
    {
        lock (_folders)
        {
            if (_folders.TryGetValue(path, out var known)) return known;
            if (_folders.Count >= FolderLimit) _folders.Clear();
            return _folders[path] = new Folder();
        }
    }

    private sealed class Folder
    {
        private readonly Lock _gate = new();
        private long _asked;
        private long _flushed;

        public void Flush(Action flush)
        {
            var mine = Interlocked.Increment(ref _asked);
            lock (_gate)
            {
                if (_flushed >= mine) return;
                // All who have asked by now have changed the folder before.
                var covered = Volatile.Read(ref _asked);
                flush();
                _flushed = covered;
            }
        }
    }
}
