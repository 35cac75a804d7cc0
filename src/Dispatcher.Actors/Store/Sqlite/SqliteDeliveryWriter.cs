using Dispatcher.Jobs;

namespace Dispatcher.Store.Sqlite;

/// <summary>Callbacks, as a batch writes them: due from the time of their cause.</summary>
internal sealed class SqliteDeliveryWriter(SqliteDatabase database)
{
    public void Write(ReadOnlySpan<byte> id, AppendRequest request)
    {
        for (var i = 0; i < request.Deliveries.Count; i++)
        {
            var delivery = request.Deliveries[i];
            var insert = database.Statement(SqliteSql.InsertDelivery);
            insert.Bind(1, request.Address.Tenant);
            insert.Bind(2, id);
            insert.Bind(3, delivery.SequenceNr);
            insert.Bind(4, delivery.EventType);
            insert.Bind(5, delivery.Url);
            insert.Bind(6, StoredTime.ToMicroseconds(request.At));
            insert.Bind(7, delivery.JobStatus.ToText());
            insert.Run();
        }
    }
}
