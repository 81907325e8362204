#include "http/server/connection.h"

namespace spillway::http {

void ConnectionQueue::PushBack(Connection* connection) {
  connection->previous = back_;
  connection->next = nullptr;
  (back_ != nullptr ? back_->next : front_) = connection;
  back_ = connection;
  ++size_;
}

void ConnectionQueue::Remove(Connection* connection) {
  (connection->previous != nullptr ? connection->previous->next : front_) = connection->next;
  (connection->next != nullptr ? connection->next->previous : back_) = connection->previous;
  connection->previous = connection->next = nullptr;
  --size_;
}

}  // namespace spillway::http
