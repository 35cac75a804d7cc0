using Dispatcher.Store;

namespace Dispatcher.Coordination.Doctor;

/// <summary>
/// Whether one process at a time has written: each life of a process owns one stretch of the journal, and a later life a later one. Holds two numbers a life,
/// however long the journal is.
/// </summary>
/// <param name="isLive">A server may begin a life while the check runs.</param>
internal sealed class WriterHistory(IReadOnlyList<StoredNode> nodes, bool isLive)
{
    private readonly HashSet<long> _known = [.. nodes.Select(node => node.Incarnation)];
    private readonly SortedDictionary<long, (long First, long Last)> _stretches = [];

    /// <summary>Notes an event; false when its writer is not known.</summary>
    public bool Note(long writer, long ordering)
    {
        var stretch = _stretches.TryGetValue(writer, out var known) ? known : (First: ordering, Last: ordering);
        _stretches[writer] = (Math.Min(stretch.First, ordering), Math.Max(stretch.Last, ordering));
        return _known.Contains(writer) || (isLive && writer > nodes.Max(node => (long?)node.Incarnation));
    }

    public IEnumerable<DoctorFinding> Findings()
    {
        long? before = null;
        foreach (var (writer, stretch) in _stretches)
        {
            if (before is { } earlier && _stretches[earlier].Last >= stretch.First)
            {
                yield return new DoctorFinding(
                    DoctorProblem.WriterOrder, null, $"Incarnation {earlier} wrote up to place {_stretches[earlier].Last} of the journal, and {writer} from place {stretch.First} on.");
            }

            before = writer;
        }
    }

    public IEnumerable<DoctorFinding> TwoAlive()
    {
        var alive = nodes.Where(node => node.State == "alive").Select(node => node.Incarnation).ToList();
        if (alive.Count > 1) yield return new DoctorFinding(DoctorProblem.TwoWriters, null, $"The incarnations {string.Join(", ", alive)} are noted as alive.");
    }
}
