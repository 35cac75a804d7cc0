using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.JobActors;

/// <summary>Mail from other jobs: what it means, and that each message takes effect in the very write that deletes it.</summary>
internal sealed partial class JobActor
{
    /// <summary>Watchers that are woken after a write of unknown outcome turned out to have landed; the rest hear at the next start.</summary>
    private const int WatcherLimit = 10_000;

    /// <summary>The mail that these messages are about: read with the job, or now if some has come since.</summary>
    private ValueTask<IReadOnlyList<InboxMessage>> MailFor(IReadOnlyList<object> messages)
    {
        IReadOnlyList<InboxMessage> known = [];
        foreach (var message in messages)
        {
            if (message is MailMessage) return services.Store.ReadInbox(id);
            if (message is LoadedMessage loaded) known = loaded.Inbox;
        }

        return ValueTask.FromResult(known);
    }

    private void TakeMail(JobTurn turn, InboxMessage mail)
    {
        switch (mail.Kind)
        {
            case MessageKind.JobEnded when EndNote.Read(mail.Payload.Span) is { } note && IsAwaited(turn.State, note, mail.From):
                TakeEnd(turn, mail, note);
                break;
            case MessageKind.JobEnded:
                turn.Decide(new JobCommand.ResolveDependency(mail.From, mail.Outcome, turn.At));
                break;
            case MessageKind.Cancel when turn.State.Spec.Parent?.Job == mail.From:
                turn.Decide(new JobCommand.Cancel(Principal.Engine, $"Its parent {mail.From} has ended or does not wait for it any more.", turn.At));
                break;
            case MessageKind.Cancel:
                break;
            default:
                // It stays where it is: a version that knows it will take it.
                Park($"Job {mail.From} has sent it a message '{mail.Kind}', which this version does not know.");
                return;
        }

        turn.Consume(mail);
    }

    /// <summary>Who has mail because of a write that turned out to have landed; that a job is told in vain does no harm.</summary>
    private async ValueTask<IReadOnlyList<JobId>> WokenBy(JobTurn turn)
    {
        List<JobId> woken = [id, .. CancelsOf(turn).Select(cancel => cancel.To)];
        if (turn.State.Status.IsTerminal() && !turn.Before.Status.IsTerminal())
        {
            var edges = await services.Store.ReadWatches(id, WatcherLimit);
            woken.AddRange(edges.Where(edge => edge.Watched == id).Select(edge => edge.Watcher));
        }

        return woken;
    }
}
