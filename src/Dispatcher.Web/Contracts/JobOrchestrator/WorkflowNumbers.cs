namespace Dispatcher.Web.Contracts.JobOrchestrator;

/// <summary>Ids of workflows, with room behind each for those of its tasks: multiples of 128, so that no task's id is another's anywhere.</summary>
internal sealed class WorkflowNumbers(JobNumber numbers)
{
    private const long Block = 128;

    private long _last;

    public long Next()
    {
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var drawn = numbers.Next();
            var next = Math.Max(last + Block, drawn - drawn % Block);
            if (Interlocked.CompareExchange(ref _last, next, last) == last) return next;
        }
    }
}
