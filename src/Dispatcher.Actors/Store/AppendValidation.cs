namespace Dispatcher.Store;

/// <summary>Mistakes of a caller, refused before anything is queued, by every store alike.</summary>
internal static class AppendValidation
{
    /// <exception cref="ArgumentException">Nothing to write, a negative number, a claim twice, another job's row, terms without a new row, or orders to several accounts.</exception>
    public static void Validate(AppendRequest request)
    {
        if (request.Events.Count == 0 && request.ConsumedMessages.Count == 0 && request.Row is null)
            throw new ArgumentException("An append has an event, consumes a message, or writes a row.", nameof(request));
        ArgumentOutOfRangeException.ThrowIfNegative(request.ExpectedSequenceNr, nameof(request));
        if (request.Row is { } row && row.Id != request.JobId) throw new ArgumentException("The row is another job's.", nameof(request));
        if (request.Terms.Count > 0 && (request.Row is null || request.ExpectedSequenceNr > 0))
            throw new ArgumentException("Terms come with the row of a new job.", nameof(request));
        for (var i = 0; i < request.Quota.Count; i++)
        {
            var order = request.Quota[i];
            if (order.Job != request.JobId || order.Tenant != request.Quota[0].Tenant || order.Meter != request.Quota[0].Meter)
                throw new ArgumentException("Orders of quota are the job's own, to one account.", nameof(request));
            if (!order.Reservation.StartsWith(QuotaOrder.NameOf(request.JobId, 0), StringComparison.Ordinal))
                throw new ArgumentException($"A job reserves under its own name, and not as {order.Reservation}.", nameof(request));
        }

        for (var i = 1; i < request.Claims.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (IsSame(request.Claims[i], request.Claims[j]))
                    throw new ArgumentException($"The claim {request.Claims[i]} is there twice.", nameof(request));
            }
        }
    }

    /// <exception cref="ArgumentException">A job's order outside its append, or an amount or a name that no account takes.</exception>
    public static void Validate(QuotaOrder order)
    {
        if (order.Job is not null) throw new ArgumentException("A job gives its orders with its events.", nameof(order));
        if (order.Reservation.Length is 0 or > IQuotaStore.ReservationCharacters) throw new ArgumentException("The reservation's name is empty or too long.", nameof(order));
        if (order is QuotaOrder.Reserve && QuotaOrder.IsOfJobs(order.Reservation))
            throw new ArgumentException($"Reservations of jobs alone have names that begin with {QuotaOrder.JobPrefix}", nameof(order));
        var amount = order switch
        {
            QuotaOrder.Reserve reserve => reserve.Amount,
            QuotaOrder.Settle settle => settle.Amount,
            _ => 0,
        };
        if (amount is < 0 or > Jobs.JobLimits.QuotaAmount) throw new ArgumentException($"The amount {amount} is out of range.", nameof(order));
    }

    /// <exception cref="ArgumentException">No account takes such a plan.</exception>
    public static void Validate(QuotaPlan plan)
    {
        if (plan.Name.Length is 0 or > IQuotaStore.PlanCharacters) throw new ArgumentException($"The plan's name has {plan.Name.Length} characters; it must have 1 to {IQuotaStore.PlanCharacters}.", nameof(plan));
        if (plan.Limit is < 0 or > Jobs.JobLimits.QuotaAmount) throw new ArgumentException($"The plan's limit is {plan.Limit}; it must be from 0 to {Jobs.JobLimits.QuotaAmount}.", nameof(plan));
        if (plan.Upgrade?.Length > IQuotaStore.UpgradeCharacters) throw new ArgumentException($"What the plan says of its upgrade has more than {IQuotaStore.UpgradeCharacters} characters.", nameof(plan));
        if (plan.Period is { Length: 0 or > IQuotaStore.PeriodCharacters }) throw new ArgumentException($"The period's name must have 1 to {IQuotaStore.PeriodCharacters} characters.", nameof(plan));
    }

    /// <exception cref="ArgumentException">An attempt that ended has a next one, or a pending one has none.</exception>
    public static void Validate(DeliveryAttempt attempt)
    {
        if (attempt.Status == DeliveryStatus.Pending != attempt.NextAt.HasValue)
            throw new ArgumentException("A delivery has a next attempt if and only if it is pending.", nameof(attempt));
    }

    private static bool IsSame(Claim one, Claim other) =>
        string.Equals(one.Kind, other.Kind, StringComparison.Ordinal) && string.Equals(one.Key, other.Key, StringComparison.Ordinal);
}
