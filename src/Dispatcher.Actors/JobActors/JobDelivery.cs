using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Store;

namespace Dispatcher.JobActors;

/// <summary>Brings messages to jobs: finds a job's actor or starts one that loads the job.</summary>
public sealed class JobDelivery(JobServices services)
{
    /// <summary>A job that is not in memory is loaded; a submission makes a new one.</summary>
    internal void Deliver(JobId id, object message)
    {
        // An actor that is just leaving memory does not take the message; the next one will.
        while (services.Shards.IsMine(id))
        {
            var isNew = message is CommandMessage { Command: JobCommand.Submit };
            var cell = services.Registry.GetOrStart(id, missing => Make(missing, null, isNew), services.Shards, out _);
            if (cell is null) break;
            if (cell.Tell(message)) return;
            services.Registry.Remove(id, cell);
        }

        if (services.Remote is { } remote) remote.Deliver(id, message);
        else (message as IDeadLetter)?.Undelivered();
    }

    /// <summary>Loads a job whose history was read in bulk; a job that is in memory already is woken instead.</summary>
    /// <param name="settled">Answered when the job has had its first turn.</param>
    /// <returns>True when the job was not in memory.</returns>
    internal bool Load(JobHistory history, SettleMessage settled)
    {
        var cell = services.Registry.GetOrStart(history.Id, id => Make(id, history, isNew: false), services.Shards, out var started);
        if (cell is null)
        {
            settled.Answer();
            return false;
        }

        if (!started) Deliver(history.Id, history.Inbox.Count > 0 ? MailMessage.Instance : TimerMessage.Instance);
        if (!cell.Tell(settled)) settled.Answer();
        return started;
    }

    /// <summary>Tells jobs that they have mail. A node that shuts down leaves it to the next start, which finds them due.</summary>
    internal void Wake(IReadOnlyList<JobId> ids)
    {
        if (services.IsDraining) return;
        foreach (var id in ids)
        {
            if (services.Shards.IsMine(id)) Deliver(id, MailMessage.Instance);
        }

        if (services.Remote is not { } remote) return;
        var others = ids.Where(id => !services.Shards.IsMine(id)).ToList();
        if (others.Count > 0) remote.Wake(others);
    }

    private ActorCell Make(JobId id, JobHistory? history, bool isNew) => services.System.Create(() =>
    {
        // A restarted actor reads the store again: what was loaded in bulk is old by then, and a new job is no longer new.
        var actor = new JobActor(services, id, history, isNew);
        (history, isNew) = (null, false);
        return actor;
    }, services.Supervision);
}
