using NpgsqlTypes;

namespace Dispatcher.Store.Postgres;

/// <summary>Places and slots of stages. One round trip and one transaction each; none is repeated, since a request that comes late must not undo a later one.</summary>
public sealed partial class PostgresJobStore
{
    public ValueTask<PlacesHeld?> SharePlaces(PlacesRequest request) => _database.Read(
        async (database, connection) =>
        {
            await using var command = database.Command(connection, PostgresSql.SharePlaces);
            command.Add(Incarnation);
            command.Add(request.Stage);
            command.Add(request.Number);
            command.Add(request.Lasts.TotalSeconds, NpgsqlDbType.Double);
            command.Add(request.Cap);
            command.Add(request.Keep);
            command.Add(request.Running);
            command.Add(request.Need);
            await using var row = await command.ExecuteReaderAsync();
            await row.ReadAsync();
            return row.IsDBNull(0) || row.IsDBNull(1) ? null : new PlacesHeld(row.GetInt32(0), row.GetInt32(1), row.GetBoolean(2));
        },
        mayRepeat: false);

    public ValueTask<IReadOnlyList<TimeSpan>?> ReserveSlots(SlotsRequest request) => Ask<IReadOnlyList<TimeSpan>?>(
        PostgresSql.ReserveSlots,
        command =>
        {
            command.Add(Incarnation);
            command.Add(request.Stage);
            command.Add(request.Count);
            command.Add(request.StartDelay.TotalSeconds, NpgsqlDbType.Double);
            command.Add(request.TokenInterval.TotalSeconds, NpgsqlDbType.Double);
            command.Add(request.Burst);
            command.Add(request.Ahead.TotalSeconds, NpgsqlDbType.Double);
        },
        static value => value is long[] slots ? [.. slots.Select(slot => TimeSpan.FromMicroseconds(slot))] : null,
        mayRepeat: false);
}
