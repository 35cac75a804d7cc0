using System.Collections.Immutable;

namespace Dispatcher.Coordination.Doctor;

/// <summary>What was found so far: all of it counted, the first of it kept.</summary>
internal sealed class DoctorFindings(int limit)
{
    private static readonly DoctorProblem[] StuckProblems = [DoctorProblem.Stuck, DoctorProblem.LostWakeUp, DoctorProblem.Overdue, DoctorProblem.SleepingMail];

    private readonly SortedDictionary<DoctorProblem, long> _counts = [];
    private readonly List<DoctorFinding> _kept = [];

    public void Add(IEnumerable<DoctorFinding> findings)
    {
        foreach (var finding in findings)
        {
            _counts[finding.Problem] = _counts.GetValueOrDefault(finding.Problem) + 1;
            if (_kept.Count < limit) _kept.Add(finding);
        }
    }

    public DoctorReport Report(long jobs, long events) =>
        new(jobs, events, StuckProblems.Sum(problem => _counts.GetValueOrDefault(problem)), _counts.ToImmutableSortedDictionary(), _kept);
}
