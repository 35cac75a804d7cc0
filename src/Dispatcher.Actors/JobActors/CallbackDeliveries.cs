using Dispatcher.Jobs;
using Dispatcher.Store;

namespace Dispatcher.JobActors;

/// <summary>The callbacks that a turn owes: one for each of its events that the job's callback asks for, written with the events.</summary>
internal static class CallbackDeliveries
{
    public static IReadOnlyList<NewDelivery> Of(JobTurn turn, EncodedEvent[] events) =>
        turn.State.Spec.Callback is { } callback ? Of(callback, turn, events) : [];

    private static List<NewDelivery> Of(CallbackSpec callback, JobTurn turn, EncodedEvent[] events)
    {
        var deliveries = new List<NewDelivery>();
        var state = turn.Before;
        for (var i = 0; i < events.Length; i++)
        {
            // Folded once more, since the turn keeps the last state only, and a callback tells the status as of its own event.
            state = state.Evolve(turn.Events[i]);
            if (CallbackRules.Wants(callback, events[i].Type)) deliveries.Add(new NewDelivery(state.SequenceNr, events[i].Type, callback.Url, state.Status));
        }

        return deliveries;
    }
}
